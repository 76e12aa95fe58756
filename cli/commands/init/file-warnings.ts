// Warnings about the files of a live fleet, in addition to those of `check`.

import { type NutcrackerPool } from '../../../lib/nutcracker';
import { type LiveFleet, type RedisConf } from './live-fleet';

/** A warning; `place` is the file, or `file:line`. */
export interface FileWarning {
  readonly place: string;
  readonly message: string;
}

export function fileWarningsOf({ source, pools, redisConf }: LiveFleet): FileWarning[] {
  const ofRedis = redisConf === undefined ? [] : [...notesOf(redisConf), ...differentPasswords(pools[0], redisConf)];
  const ofPools = pools.flatMap((pool) => [
    ...loopbackAddresses(source.name, pool),
    ...tooManyServers(source.name, pool),
  ]);
  return [...ofPools, ...ofRedis];
}

const LOOPBACK = /^(127\.|localhost:|::1:|\[::1\])/;

function loopbackAddresses(file: string, { servers }: NutcrackerPool): FileWarning[] {
  const found = servers.filter(({ address }) => LOOPBACK.test(address));
  if (found.length === 0) return [];
  const [{ address, weight, line, ringName }] = found;
  const remedy = `use a copy of the file with an address that pods can reach, and the ring name: "HOST:PORT:${weight} ${ringName}"`;
  const message = `${found.length} of ${servers.length} servers have addresses such as ${address}, which in a pod is the pod itself; ${remedy}`;
  return [{ place: `${file}:${line ?? 1}`, message }];
}

/** The bridge needs 370 bytes per server if the fleet has a short name. */
const ALWAYS_FIT = 500;

function tooManyServers(file: string, { servers }: NutcrackerPool): FileWarning[] {
  if (servers.length <= ALWAYS_FIT) return [];
  const message =
    `there are ${servers.length} servers, and the bridge must fit into one ConfigMap of 256 KiB, which has room for ` +
    'about 700 if fleet and namespace have short names; the first synth checks the size';
  return [{ place: file, message }];
}

function notesOf({ file: conf, notes }: RedisConf): FileWarning[] {
  return notes
    .filter(({ attention }) => attention)
    .map(({ file, line, directive, action, message }) => ({
      place: file === undefined ? conf : `${file}:${line ?? 1}`,
      message: `${directive} ${action}: ${message}`,
    }));
}

/** Not visible later, in the copies without passwords. */
function differentPasswords({ name, redisAuth }: NutcrackerPool, { file, requirepass }: RedisConf): FileWarning[] {
  if (requirepass === redisAuth) return [];
  const pool = `pool ${JSON.stringify(name)}`;
  const what =
    requirepass === undefined
      ? `it has no requirepass, but ${pool} has a redis_auth`
      : redisAuth === undefined
        ? `it has a requirepass, but ${pool} has no redis_auth`
        : `its requirepass is not the redis_auth of ${pool}`;
  return [{ place: file, message: `${what}; is it the redis.conf of these servers?` }];
}
