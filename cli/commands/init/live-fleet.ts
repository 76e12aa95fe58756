// What the files of the live fleet say: the pool that is to move, how its servers are configured, and what stands against
// a move.

import * as fs from 'node:fs';
import { type NutcrackerPool, type NutcrackerServer } from '../../../lib/nutcracker';
import { type Objection, refuseAny } from '../../../lib/nutcracker/config-error';
import { sharedServer, shareServer } from '../../../lib/nutcracker/fleet-shards';
import { excerptOf } from '../../../lib/redis/config/excerpt';
import { inheritance, type Inheritance } from '../../../lib/redis/config/inherit';
import { readFile } from '../../../lib/redis/config/read';
import { ServerVersion } from '../../../lib/redis/config/server-version';
import { bytesOf } from '../../../lib/redis/config/directive-values';
import { ConfigFile, type Input, type NamedBytes } from '../../input/pools';
import { InputError } from '../../output/input-error';
import { throwReadError } from '../../output/system-error';

/** The files, and what they say. */
export interface LiveFleet {
  readonly source: NamedBytes;
  /** The pools that move together: they share servers. */
  readonly pools: readonly NutcrackerPool[];
  /** Whether the file has other pools. */
  readonly isOneOfSeveral: boolean;
  readonly redisConf?: RedisConf;
}

/** A redis.conf with the files that it includes. */
export interface RedisConf {
  readonly file: string;
  /** What a synth uses of it and of the files that it includes. */
  readonly excerpt: string;
  /** The commands that the servers call otherwise; never how. */
  readonly renamed: readonly string[];
  readonly notes: Inheritance['notes'];
  readonly requirepass?: string;
  /** Bytes; nothing where there is no limit. */
  readonly maxmemory?: bigint;
  /** Why servers of the image would not start with it, a sentence a line; nothing where they would. */
  refusedBy(image: string): string | undefined;
}

/** Reads a nutcracker.yml; refuses what `check` calls an error. */
export async function readNutcracker(file: string, input: Input): Promise<{ source: NamedBytes; config: ConfigFile }> {
  const source = await input.whole(file);
  return { source, config: ConfigFile.of(source) };
}

/** Refuses a pool that cannot be moved: the first synth would. */
export function refuseUnmovable(config: ConfigFile, pool: NutcrackerPool): void {
  const objections = pool.redis ? pool.servers.flatMap(objectionsTo) : [notRedis(config, pool)];
  refuseAny(objections.map((objection) => ({ file: config.name, pool: pool.name, subject: 'servers', ...objection })));
  config.ring(pool);
}

/** Refuses pools of which one would be left without servers, or that no password fits: the first synth would. */
export function refuseTogether(config: ConfigFile, pools: readonly NutcrackerPool[]): void {
  const [first, ...others] = pools;
  const wrong = others.find(({ redisAuth }) => redisAuth !== first.redisAuth);
  const left = config.pools.find(
    (pool) => pool.redis && !pools.includes(pool) && pools.some((one) => shareServer(one, pool)),
  );
  const objections: Objection[] = [];
  if (wrong !== undefined) {
    const because = `the redis_auth of pool ${JSON.stringify(wrong.name)} is not that of pool ${JSON.stringify(first.name)}, and they share servers, which have one password`;
    objections.push({
      pool: wrong.name,
      line: lineShared(wrong, first),
      because,
      remedy: 'correct the one that is wrong',
    });
  }
  if (left !== undefined) {
    const names = pools.map(({ name }) => JSON.stringify(name)).join(', ');
    const because = `pool ${JSON.stringify(left.name)} shares servers with pool ${names}, and would get READONLY or MASTERDOWN from them once they have moved`;
    const line = lineShared(left, ...pools);
    objections.push({
      pool: left.name,
      line,
      because,
      remedy: 'leave --pool out: pools that share servers move together',
    });
  }
  refuseAny(objections.map((objection) => ({ file: config.name, ...objection })));
}

function lineShared(pool: NutcrackerPool, ...others: readonly NutcrackerPool[]): number | undefined {
  const shared = others.map((other) => sharedServer(pool, other)).find((found) => found !== undefined);
  return shared?.one.line;
}

function notRedis(config: ConfigFile, pool: NutcrackerPool): Objection {
  const { line } = config.warnings.find((warning) => warning.pool === pool.name && warning.code === 'not-redis') ?? {};
  const remedy = 'take the nutcracker.yml of proxies that stand before Redis, which says redis: true';
  return { line, subject: 'redis', because: 'the pool speaks the protocol of memcached', remedy };
}

function objectionsTo(server: NutcrackerServer, ordinal: number, servers: readonly NutcrackerServer[]): Objection[] {
  const { address, weight, ringName, line } = server;
  if (address.startsWith('/')) {
    const because = `${JSON.stringify(server.toString())} is a Unix socket, which no pod can reach`;
    const remedy = `write where it listens as well, and its name on the ring: "HOST:PORT:${weight} ${ringName}"`;
    return [{ line, because, remedy }];
  }
  const twin = servers.findIndex((other) => other.address === address);
  if (twin === ordinal) return [];
  const because = `${JSON.stringify(servers[twin].ringName)} and ${JSON.stringify(ringName)} are both at ${address}`;
  return [{ line, because, remedy: 'give each an instance of its own: no two shards can move from one' }];
}

/** Reads a redis.conf as the library does at synth; refuses what it refuses. */
export function readRedisConf(file: string): RedisConf {
  const lines = refusing(file, () => [...readFile(file)]);
  const inherited = refusing(file, () => inheritance(lines, {}));
  const { notes, separate, renamed } = inherited;
  const maxmemory = bytesOf(separate.maxmemory ?? '0');
  return {
    file,
    excerpt: excerptOf(file, inherited),
    renamed,
    notes,
    requirepass: separate.requirepass,
    maxmemory: maxmemory === 0n ? undefined : maxmemory,
    refusedBy: (image) => {
      try {
        inheritance(lines, {}, ServerVersion.leastOf(image));
        return undefined;
      } catch (error) {
        return (error as Error).message;
      }
    },
  };
}

/** The library's sentences name file and line; those of the system are about the file. */
function refusing<T>(file: string, read: () => T): T {
  try {
    fs.accessSync(file, fs.constants.R_OK);
    return read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== undefined) return throwReadError((error as NodeJS.ErrnoException).path ?? file, error);
    throw new InputError(message.split('\n'));
  }
}
