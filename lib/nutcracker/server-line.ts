// Splits a line of a pool's `servers` as nutcracker does, from its end (conf_add_server in its src/nc_conf.c).

import { refuse } from './config-error';
import { checkText, isHost, isPort, MAX_NUMBER, quote, readDigits, says, wrapsRound } from './config-values';
import { type NutcrackerServerProps } from './nutcracker-server-props';

const FORM = 'in "hostname:port:weight [name]" format string';
const NO_FORM = 'has an invalid "hostname:port:weight [name]"or "/path/unix_socket:weight [name]" format string';
const REMEDY = 'write host:port:weight or /socket:weight, then optionally one space and a name';

/** The parts of a line; throws NutcrackerConfigError if some are missing. */
export function splitServerLine(line: string): NutcrackerServerProps {
  const [target, name] = splitLast(line, ' ') ?? [line, undefined];
  const [address, weight] = splitLast(target, ':') ?? [target, undefined];
  const isSocket = address.startsWith('/');
  if (weight === undefined || address.includes(':') === isSocket) objectTo(line, 'is not a server', NO_FORM);
  return { address, weight: readWeight(line, weight), name };
}

/** Throws NutcrackerConfigError unless the line of this server reads back as the same server. */
export function checkServer({ address, weight = 1, name }: NutcrackerServerProps): void {
  checkText('servers', address);
  if (address.startsWith('/')) checkSocket(address);
  else checkHostAndPort(address);
  readWeight(address, String(weight));
  if (name !== undefined) checkName(address, name);
}

function checkSocket(address: string): void {
  if (address.includes(':')) objectTo(address, 'is a path with a colon', NO_FORM);
  if (!isHost(address)) objectTo(address, 'is a path with a blank');
}

function checkHostAndPort(address: string): void {
  const [host, port] = splitLast(address, ':') ?? [address, ''];
  const what = wrapsRound(port) ? undefined : `has an invalid port ${FORM}`;
  if (!isPort(port)) objectTo(address, 'has no port from 1 to 65535', what);
  if (!isHost(host)) objectTo(address, 'has no host, or its host contains a blank');
}

function readWeight(server: string, text: string): number {
  const weight = readDigits(text);
  if (weight !== undefined && weight > 0) return weight;
  const what = wrapsRound(text) ? undefined : `has ${weight === 0 ? 'a zero' : 'an invalid'} weight ${FORM}`;
  return objectTo(server, `has the weight ${quote(text)}, not one from 1 to ${MAX_NUMBER}`, what);
}

function checkName(address: string, name: string): void {
  if (name === '') objectTo(address, 'has an empty name');
  if (name.includes(' ')) objectTo(address, `has a space in its name ${quote(name)}`);
  checkText('servers', name);
}

function objectTo(server: string, because: string, what?: string): never {
  return refuse({
    subject: 'servers',
    because: `${quote(server)} ${because}`,
    says: what === undefined ? undefined : says('servers', what),
    remedy: REMEDY,
  });
}

function splitLast(text: string, separator: string): [string, string] | undefined {
  const at = text.lastIndexOf(separator);
  return at < 0 ? undefined : [text.slice(0, at), text.slice(at + 1)];
}
