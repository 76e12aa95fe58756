// The statistics of a nutcracker: one JSON document for each connection to its statistics port.

import { connect } from 'node:net';

/** The ordinal of the shard of each server, by pool and ring name. */
export type ShardOfServer = Readonly<Record<string, Readonly<Record<string, number>> | undefined>>;

type Counts = Readonly<Record<string, number>>;

/** What nutcracker counts for a pool, and for each of its servers. */
export interface PoolStats {
  readonly counts: Counts;
  readonly servers: ReadonlyMap<string, Counts>;
}

export interface Stats {
  readonly version: string;
  /** Seconds since the start, and the connections of clients and of readers of the statistics. */
  readonly counts: Counts;
  readonly pools: ReadonlyMap<string, PoolStats>;
}

/** nutcracker sends some 300 bytes for each server; a longer reply is not from nutcracker. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Reads the document that nutcracker sends. Throws after `timeoutMs`. */
export async function readStats(host: string, port: number, timeoutMs: number): Promise<string> {
  const socket = connect(port, host);
  // Not the timeout of the socket, which a server that sends a byte now and then would never reach.
  const timer = setTimeout(() => socket.destroy(new Error(`no statistics in ${timeoutMs} ms`)), timeoutMs);
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw new Error(`more than ${MOST_BYTES} bytes`);
    }
    return Buffer.concat(chunks).toString();
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** Parses a document. nutcracker writes the names of servers as they are, also those with quotes. Throws if it is not from nutcracker. */
export function parseStats(text: string, shards: ShardOfServer): Stats {
  const names = Object.values(shards).flatMap((servers) => Object.keys(servers ?? {}));
  const document: unknown = JSON.parse(names.reduce(withQuotedName, text));
  if (!isRecord(document) || document.service !== 'nutcracker') throw new Error('the reply is not from nutcracker');
  const pools = Object.entries(document).flatMap(([name, value]) =>
    isRecord(value) ? [[name, pool(value)] as const] : [],
  );
  return { version: String(document.version), counts: numbersOf(document), pools: new Map(pools) };
}

function withQuotedName(text: string, name: string): string {
  const quoted = JSON.stringify(name);
  return quoted === `"${name}"` ? text : text.replaceAll(`"${name}": {`, () => `${quoted}: {`);
}

function pool(document: Record<string, unknown>): PoolStats {
  const servers = Object.entries(document).flatMap(([name, value]) =>
    isRecord(value) ? [[name, numbersOf(value)] as const] : [],
  );
  return { counts: numbersOf(document), servers: new Map(servers) };
}

function numbersOf(document: Record<string, unknown>): Counts {
  return Object.fromEntries(
    Object.entries(document).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
