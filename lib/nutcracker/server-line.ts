// A line of a pool's `servers`: split as nutcracker splits it, from its end (conf_add_server in its src/nc_conf.c).

import { refuse } from './config-error';
import { checkText, isDigits, isHost, isPort, MAX_NUMBER, quote, readDigits, says } from './config-values';
import type { NutcrackerServerProps } from './nutcracker-server';

const FORM = 'in "hostname:port:weight [name]" format string';
const REMEDY = 'write host:port:weight, or /socket:weight, and at most one name behind one space';

/** The parts of a line, not yet checked; throws NutcrackerConfigError if the line has not as many as it needs. */
export function splitServerLine(line: string): NutcrackerServerProps {
  const [left, name] = splitLast(line, ' ') ?? [line, undefined];
  const [address, weight] = splitLast(left, ':') ?? [left, ''];
  if (address === left || address.includes(':') === address.startsWith('/')) {
    refuse({
      subject: 'servers',
      because: `${quote(line)} is not a server`,
      says: says(
        'servers',
        'has an invalid "hostname:port:weight [name]"or "/path/unix_socket:weight [name]" format string',
      ),
      remedy: REMEDY,
    });
  }
  return { address, weight: readWeight(line, weight), name };
}

/** Throws NutcrackerConfigError unless the line of such a server reads back as the same server. */
export function checkServer({ address, weight = 1, name }: NutcrackerServerProps): void {
  checkAddress(address);
  readWeight(address, String(weight));
  if (name === undefined) return;
  checkText(`server ${quote(address)}: name`, name);
  if (name.includes(' ')) {
    refuse({ subject: 'servers', because: `the name ${quote(name)} holds a space`, remedy: REMEDY });
  }
}

function checkAddress(address: string): void {
  checkText('servers', address);
  const refuseIt = (because: string, what?: string): never =>
    refuse({
      subject: 'servers',
      because: `the address ${quote(address)} ${because}`,
      says: what === undefined ? undefined : says('servers', what),
      remedy: REMEDY,
    });

  if (address.startsWith('/')) {
    if (address.includes(':') || !isHost(address)) refuseIt('is a path with a colon or a blank');
    return;
  }
  const [host, port] = splitLast(address, ':') ?? [address, ''];
  if (!isPort(port)) refuseIt('has no port from 1 to 65535', `has an invalid port ${FORM}`);
  if (!isHost(host)) refuseIt('has no host, or blanks in it');
}

function readWeight(of: string, text: string): number {
  const weight = readDigits(text);
  if (weight !== undefined && weight > 0) return weight;
  const wraps = isDigits(text) && weight === undefined;
  const what = weight === 0 ? `has a zero weight ${FORM}` : `has an invalid weight ${FORM}`;
  return refuse({
    subject: 'servers',
    because: `${quote(of)} has the weight ${quote(text)}`,
    says: wraps ? undefined : says('servers', what),
    remedy: `write a whole number from 1 to ${MAX_NUMBER}`,
  });
}

function splitLast(text: string, separator: string): [string, string] | undefined {
  const at = text.lastIndexOf(separator);
  return at < 0 ? undefined : [text.slice(0, at), text.slice(at + 1)];
}
