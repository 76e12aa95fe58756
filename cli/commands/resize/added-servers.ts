// The servers in --add: given as lines, or as a number, whose names continue those of the pool.

import { type NutcrackerPool, NutcrackerServer } from '../../../lib/nutcracker';
import { objectionsOf } from '../../../lib/nutcracker/config-error';
import { InputError } from '../../output/input-error';

/** The most servers that one number may add: it protects against a typing error. */
const MAX_COUNT = 1000;

/** New servers, without their weights. */
export function addedServers(pool: NutcrackerPool, values: readonly string[]): NutcrackerServer[] {
  const servers = [...pool.servers];
  for (const value of values) {
    servers.push(...(/^\d+$/.test(value) ? continued(servers, value) : [serverIn(value)]));
  }
  const added = servers.slice(pool.servers.length);
  for (const { address } of added) {
    if (servers.filter((server) => server.address === address).length < 2) continue;
    throw new InputError([`--add: ${JSON.stringify(address)} is already the address of a server; add another`]);
  }
  return added;
}

/** `host:port`, optionally with a space and a name. The weight is computed, so that a given one is an error. */
function serverIn(value: string): NutcrackerServer {
  const refuse = (because: string): never => {
    throw new InputError([`--add is ${JSON.stringify(value)}${because}; write host:port, or "host:port name"`]);
  };
  const [address, name, ...more] = value.split(' ');
  if (more.length > 0) return refuse(', which has more than one space');
  if (/:\d+:\d+$/.test(address)) return refuse(', with a weight, which is computed');
  for (const { because } of objectionsOf(() => new NutcrackerServer({ address, name }))) return refuse(`: ${because}`);
  return new NutcrackerServer({ address, name });
}

function continued(servers: readonly NutcrackerServer[], value: string): NutcrackerServer[] {
  const count = Number(value);
  if (count < 1 || count > MAX_COUNT) {
    throw new InputError([`--add is ${JSON.stringify(value)}; write a number from 1 to ${MAX_COUNT}, or a server`]);
  }
  const last = servers[servers.length - 1];
  const addresses = sequence(servers.map(({ address }) => address));
  const names = last.name === undefined ? () => undefined : sequence(servers.map(({ ringName }) => ringName));
  if (addresses === undefined || names === undefined) {
    const form = last.name === undefined ? "'host:port'" : "'host:port name'";
    throw new InputError([
      `--add ${value}: the ${addresses === undefined ? 'addresses' : 'names'} of the pool are not numbered one after ` +
        `another (the last server is ${JSON.stringify(last.toString())}); name each server instead: --add ${form}`,
    ]);
  }
  return Array.from(
    { length: count },
    (_, i) => new NutcrackerServer({ address: addresses(i + 1), name: names(i + 1) }),
  );
}

/** A number in a text, and what surrounds it: the last of a host or a name, or a port. */
const NUMBERED = [/^(.*\D)(\d+)([^\d:]*:\d+)$/, /^(.*\D)(\d+)([^\d:]*)$/];

/** IP addresses are not continued: the next one may belong to another machine. */
const NOT_CONTINUED = /^(\d+\.){3}\d+:|^\//;

/** The i-th text after the last one; undefined unless all of them are numbered one after another. */
function sequence(texts: readonly string[]): ((i: number) => string) | undefined {
  if (texts.some((text) => NOT_CONTINUED.test(text))) return undefined;
  for (const pattern of NUMBERED) {
    const [first, ...others] = texts.map((text) => pattern.exec(text));
    if (first === null || others.length === 0) continue;
    const [, prefix, digits, suffix] = first;
    const nth = (i: number): string =>
      prefix + String(Number(digits) + i).padStart(digits.startsWith('0') ? digits.length : 0, '0') + suffix;
    if (texts.every((text, i) => text === nth(i))) return (i) => nth(texts.length - 1 + i);
  }
  return undefined;
}
