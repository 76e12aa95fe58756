// The clients: redis-benchmark, which is Redis' own.

import { type Lab } from '../../test/lab/lab';

/** What clients ask for, and how. */
export interface Load {
  readonly command: 'GET' | 'SET' | 'MGET';
  /** Bytes of a value. */
  readonly bytes: number;
  /** Connections, each of which waits for its answers before it asks again. */
  readonly connections: number;
  /** Requests that a connection sends at a time. @default 1 */
  readonly pipeline?: number;
  /** Keys of an MGET. @default 10 */
  readonly keys?: number;
  /** Requests of all connections together. */
  readonly requests: number;
}

/** What the clients saw. */
export interface Answers {
  /** Requests answered in a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** All keys that clients ask for, as redis-benchmark writes them; what they hold fits in memory many times. */
export function keysOf(bytes: number): string[] {
  const count = Math.max(100, Math.min(2000, Math.floor(20e6 / bytes)));
  return Array.from({ length: count }, (_, i) => `key:${String(i).padStart(12, '0')}`);
}

const ANY_KEY = 'key:__rand_int__';

/** Runs a load to its end. Throws with what was answered if one answer was an error. */
export async function drive(lab: Lab, port: number, password: string, load: Load): Promise<Answers> {
  const { command, bytes, connections, pipeline = 1, keys = 10, requests } = load;
  const words =
    command === 'MGET' ? ['MGET', ...Array<string>(keys).fill(ANY_KEY)] : ['-t', command.toLowerCase(), '-d', bytes];
  const numbers = { '-p': port, '-c': connections, '-n': requests, '-P': pipeline, '-r': keysOf(bytes).length };
  const args = ['-a', password, '--csv', ...Object.entries(numbers).flat(), ...words].map(String);
  const client = lab.start('redis-benchmark', args);
  const code = await client.exit();
  // Behind the name of the test, which repeats the command.
  const figures = /^"(?:GET|SET|MGET)[^"]*",(.*)$/m.exec(client.output)?.[1].replaceAll('"', '').split(',').map(Number);
  if (code !== 0 || figures === undefined) throw new Error(`redis-benchmark ${args.join(' ')}: ${client.output}`);
  const [rate, , , p50, , p99] = figures;
  return { rate, p50, p99 };
}
