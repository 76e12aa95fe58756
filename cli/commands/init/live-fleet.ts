// Reads the files of a live fleet: its pools and the configuration of its servers. Refuses what cannot be migrated.

import * as fs from 'node:fs';
import { type NutcrackerPool, type NutcrackerServer } from '../../../lib/nutcracker';
import { type Objection, refuseAny } from '../../../lib/nutcracker/config-error';
import { sharedServer, shareServer } from '../../../lib/nutcracker/fleet-shards';
import { excerptOf } from '../../../lib/redis/config/excerpt';
import { inheritance, type Inheritance } from '../../../lib/redis/config/inherit';
import { readFile } from '../../../lib/redis/config/read';
import { ServerVersion } from '../../../lib/redis/config/server-version';
import { bytesOf } from '../../../lib/redis/config/directive-values';
import { type Proposal } from '../capacity/proposal';
import { ConfigFile, type Input, type NamedBytes } from '../../input/pools';
import { InputError } from '../../output/input-error';
import { throwReadError } from '../../output/system-error';

export interface LiveFleet {
  readonly source: NamedBytes;
  /** The pools that move together because they share servers. */
  readonly pools: readonly NutcrackerPool[];
  /** Whether the file has other pools. */
  readonly isOneOfSeveral: boolean;
  readonly redisConf?: RedisConf;
  /** Proposes the memory of the shards, or for a given memory their maxmemory; undefined without the INFO of the servers. */
  readonly propose?: (memory?: number) => Proposal;
}

/** A redis.conf, with the files that it includes. */
export interface RedisConf {
  readonly file: string;
  /** The settings that a synth uses. */
  readonly excerpt: string;
  /** The commands that are renamed, without their new names. */
  readonly renamed: readonly string[];
  readonly notes: Inheritance['notes'];
  readonly requirepass?: string;
  /** In bytes; undefined if there is no limit. */
  readonly maxmemory?: bigint;
  /** Why servers of this image would not start with it, one reason per line; undefined if they would. */
  refusedBy(image: string): string | undefined;
}

/** Reads a nutcracker.yml; throws the errors of `check`. */
export async function readNutcracker(file: string, input: Input): Promise<{ source: NamedBytes; config: ConfigFile }> {
  const source = await input.whole(file);
  return { source, config: ConfigFile.of(source) };
}

/** Throws for a pool that cannot be migrated, as the first synth would. */
export function refuseUnmovable(config: ConfigFile, pool: NutcrackerPool): void {
  const objections = pool.redis ? pool.servers.flatMap(objectionsTo) : [notRedis(config, pool)];
  refuseAny(objections.map((objection) => ({ file: config.name, pool: pool.name, subject: 'servers', ...objection })));
  config.ring(pool);
}

/** Throws if another pool shares servers with these pools, or if their passwords differ, as the first synth would. */
export function refuseTogether(config: ConfigFile, pools: readonly NutcrackerPool[]): void {
  const [first, ...others] = pools;
  const wrong = others.find(({ redisAuth }) => redisAuth !== first.redisAuth);
  const other = config.pools.find(
    (pool) => pool.redis && !pools.includes(pool) && pools.some((one) => shareServer(one, pool)),
  );
  const objections: Objection[] = [];
  if (wrong !== undefined) {
    const because = `the redis_auth of pool ${JSON.stringify(wrong.name)} differs from that of pool ${JSON.stringify(first.name)}, but they share servers, which have one password`;
    objections.push({
      pool: wrong.name,
      line: lineShared(wrong, first),
      because,
      remedy: 'correct the one that is wrong',
    });
  }
  if (other !== undefined) {
    const names = pools.map(({ name }) => JSON.stringify(name)).join(', ');
    const because = `pool ${JSON.stringify(other.name)} shares servers with pool ${names}, and would get READONLY or MASTERDOWN errors after they have moved`;
    const line = lineShared(other, ...pools);
    objections.push({
      pool: other.name,
      line,
      because,
      remedy: 'omit --pool: pools that share servers move together',
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
  const remedy = 'give the nutcracker.yml of proxies for Redis, with redis: true';
  return { line, subject: 'redis', because: 'the pool is for memcached', remedy };
}

function objectionsTo(server: NutcrackerServer, ordinal: number, servers: readonly NutcrackerServer[]): Objection[] {
  const { address, weight, ringName, line } = server;
  if (address.startsWith('/')) {
    const because = `${JSON.stringify(server.toString())} is a Unix socket, which no pod can reach`;
    const remedy = `write its TCP address and its ring name: "HOST:PORT:${weight} ${ringName}"`;
    return [{ line, because, remedy }];
  }
  const first = servers.findIndex((other) => other.address === address);
  if (first === ordinal) return [];
  const because = `${JSON.stringify(servers[first].ringName)} and ${JSON.stringify(ringName)} have the same address, ${address}`;
  return [{ line, because, remedy: 'give each its own instance: a shard cannot share its old server' }];
}

/** Reads a redis.conf as the library does at synth; throws the same errors. */
export function readRedisConf(file: string): RedisConf {
  const lines = withErrors(file, () => [...readFile(file)]);
  const inherited = withErrors(file, () => inheritance(lines, {}));
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

/** Converts errors. Errors of the library already have file and line; system errors get the file. */
function withErrors<T>(file: string, read: () => T): T {
  try {
    fs.accessSync(file, fs.constants.R_OK);
    return read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== undefined) return throwReadError((error as NodeJS.ErrnoException).path ?? file, error);
    throw new InputError(message.split('\n'));
  }
}
