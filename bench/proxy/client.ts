// The clients: redis-benchmark, which comes with Redis.

import { type Lab } from '../../test/lab/lab';

/** The requests of the clients. */
export interface Load {
  readonly command: 'GET' | 'SET' | 'MGET';
  /** The size of a value. */
  readonly bytes: number;
  /** Connections; each waits for its replies before it sends again. */
  readonly connections: number;
  /** Requests that a connection sends at once. @default 1 */
  readonly pipeline?: number;
  /** Keys of an MGET. @default 10 */
  readonly keys?: number;
  /** Requests of all connections. */
  readonly requests: number;
}

/** The figures of the clients. */
export interface ClientFigures {
  /** Replies per second. */
  readonly rate: number;
  /** Latencies in milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** All keys of the clients, as redis-benchmark names them. Their values need only a small part of the memory. */
export function keysOf(bytes: number): string[] {
  const count = Math.max(100, Math.min(2000, Math.floor(20e6 / bytes)));
  return Array.from({ length: count }, (_, i) => `key:${String(i).padStart(12, '0')}`);
}

const ANY_KEY = 'key:__rand_int__';

/** Runs a load. Throws if a reply is an error. */
export async function runLoad(
  lab: Lab,
  port: number,
  password: string,
  load: Load,
  more: readonly string[] = [],
): Promise<ClientFigures> {
  const { command, bytes, connections, pipeline = 1, keys = 10, requests } = load;
  const commandArgs =
    command === 'MGET' ? ['MGET', ...Array<string>(keys).fill(ANY_KEY)] : ['-t', command.toLowerCase(), '-d', bytes];
  const numbers = { '-p': port, '-c': connections, '-n': requests, '-P': pipeline, '-r': keysOf(bytes).length };
  const args = [...more, '-a', password, '--csv', ...Object.entries(numbers).flat(), ...commandArgs].map(String);
  const client = lab.start('redis-benchmark', args);
  const code = await client.exit();
  // The figures follow the name of the test, which repeats the command.
  const figures = /^"(?:GET|SET|MGET)[^"]*",(.*)$/m.exec(client.output)?.[1].replaceAll('"', '').split(',').map(Number);
  if (code !== 0 || figures === undefined) throw new Error(`redis-benchmark ${args.join(' ')}: ${client.output}`);
  const [rate, , , p50, , p99] = figures;
  return { rate, p50, p99 };
}
