// Files with the INFO of several servers: what is read, and what is refused with its line.

import * as fc from 'fast-check';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { NutcrackerConfigError } from '../../../lib/nutcracker/config-error';
import { infoByShard } from '../../../cli/input/fleet-info';
import { serversIn } from '../../../cli/input/info-file';
import { ConfigFile } from '../../../cli/input/pools';
import { pool, servers } from '../configurations';
import { section } from '../commands/capacity/samples';
import { ROOT } from '../program';

const RECORDED = fs.readFileSync(path.join(ROOT, 'examples/article/info.txt'), 'utf8');

const read = (text: string): unknown => serversIn(text, 'info.txt');

function errorOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof NutcrackerConfigError) return error.message;
    throw error;
  }
  return 'no error';
}

test('the INFO of real servers is read, with LF and with CRLF', () => {
  for (const text of [RECORDED, RECORDED.replaceAll('\n', '\r\n')]) {
    const found = serversIn(text, 'info.txt');
    expect(found.map(({ name }) => name)).toEqual([0, 1, 2, 3].map((n) => `stateful-redis-${n}:6379`));
    expect(found.map((one) => one.setting('maxmemory'))).toEqual(found.map(() => String(256 * 2 ** 20)));
    expect(found.every((one) => one.required('used_memory') > 50 * 2 ** 20)).toBe(true);
  }
});

test.each([
  ['', 'info.txt: it is empty'],
  ['# Server\n', 'info.txt:1: there is no line "== HOST:PORT" before the first INFO'],
  ['== a:1\n== b:1\n', 'info.txt:1: a:1: there is no output of INFO; connect to the Redis server itself'],
  ['\n== a:1\n-ERR unknown command\n', 'info.txt:2: a:1: "-ERR unknown command" is not the output of INFO'],
  ['== a:1\n\nNOAUTH Authentication required.\n', 'info.txt:3: a:1: the server replied "NOAUTH'],
  [section('a:1') + section('').slice(3), 'info.txt:16: a:1: it has the INFO of two servers'],
  [section('a:1', { dragonfly_version: 'df-1.0' }), 'a:1: it is Dragonfly; give the INFO of Redis or Valkey'],
  [section('a:1', { redis_mode: 'sentinel' }), 'info.txt:4: a:1: redis_mode is "sentinel"'],
  [section('a:1', { redis_mode: 'cluster' }), 'redis_mode is "cluster"'],
  [section('a:1').replace('# Keyspace\n', ''), 'info.txt:1: a:1: its INFO is truncated'],
  [section('a:1', { role: '' }), 'its INFO is truncated'],
  [
    section('a:1', { role: 'slave', master_host: 'b', master_port: 1 }),
    'info.txt:12: a:1: it is a replica of b:1; give the INFO of the master',
  ],
  [section('a:1', { loading: 1 }), 'it is still loading its data'],
])('%j is refused', (text, message) => {
  expect(errorOf(() => read(text))).toContain(message);
});

test('the errors of all servers are reported', () => {
  const text = section('a:1', { role: 'slave' }) + section('b:1') + section('c:1', { redis_mode: 'sentinel' });
  expect(errorOf(() => read(text)).split('\n')).toHaveLength(2);
});

test('a field that is no number is refused with its line, a missing one with the server', () => {
  const [broken] = serversIn(section('a:1', { used_memory: '1.2G', uptime_in_seconds: '' }), 'info.txt');
  expect(errorOf(() => broken.required('used_memory'))).toContain(
    'info.txt:6: a:1: used_memory is "1.2G", not a number',
  );
  expect(errorOf(() => broken.required('uptime_in_seconds'))).toContain('info.txt:1: a:1: it has no uptime_in_seconds');
});

describe('the servers of a pool', () => {
  const text = pool('alpha', servers(2)) + pool('beta', ['10.9.9.9:1:1 other']);
  const config = ConfigFile.of({ name: 'n.yml', bytes: Buffer.from(text) });
  const [alpha] = config.pools;
  const [one, two] = alpha.servers.map(({ address }) => address);
  const assign = (...sections: string[]): string[] =>
    infoByShard(config, [alpha], serversIn(sections.join(''), 'info.txt')).map(({ name }) => name);
  const id = (character: string): { run_id: string } => ({ run_id: character.repeat(40) });

  test('are found by address or by ordinal, in any order; other pools are ignored', () => {
    const sections = [section('1', id('b')), section('10.9.9.9:1', id('c')), section(one, id('a'))];
    expect(assign(...sections)).toEqual([one, '1']);
  });

  test.each([
    [[section(one)], `info.txt: it has no INFO of ${two}`],
    [[section(one), section('0', id('b'))], `info.txt:14: "0" is shard 0, which is also at info.txt:1`],
    [[section(one), section(two)], `info.txt:14: ${JSON.stringify(two)} is the server with this run_id`],
    [[section(one), section('2', id('b'))], 'info.txt:14: "2" is not the address of a server in n.yml'],
    [[section('10.1.1.1:1')], '"10.1.1.1:1" is not the address of a server in n.yml'],
  ])('%#: a wrong file is refused', (sections, message) => {
    expect(errorOf(() => assign(...sections))).toContain(message);
  });
});

test('any damage to a file is an error with the file, or the file is read', () => {
  const part = RECORDED.slice(0, RECORDED.indexOf('== stateful-redis-2'));
  fc.assert(
    fc.property(fc.nat(part.length), fc.nat(200), fc.string({ maxLength: 20 }), (at, length, inserted) => {
      const damaged = part.slice(0, at) + inserted + part.slice(at + length);
      const message = errorOf(() => read(damaged));
      expect(message === 'no error' || message.startsWith('info.txt')).toBe(true);
    }),
  );
});
