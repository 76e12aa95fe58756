// What a person should know of the files of a live fleet, besides what `check` says.

import { type NutcrackerPool } from '../../../lib/nutcracker';
import { type LiveFleet, type RedisConf } from './live-fleet';

/** Something to know, and the file, or file and line, that it is about. */
export interface FileWarning {
  readonly place: string;
  readonly message: string;
}

/** The fileWarnings, in the order of the files. */
export function fileWarningsOf({ source, pools, redisConf }: LiveFleet): FileWarning[] {
  const ofRedis = redisConf === undefined ? [] : [...attentions(redisConf), ...passwordsApart(pools[0], redisConf)];
  const ofPools = pools.flatMap((pool) => [...loopbacks(source.name, pool), ...crowds(source.name, pool)]);
  return [...ofPools, ...ofRedis];
}

const LOOPBACK = /^(127\.|localhost:|::1:|\[::1\])/;

function loopbacks(file: string, { servers }: NutcrackerPool): FileWarning[] {
  const found = servers.filter(({ address }) => LOOPBACK.test(address));
  if (found.length === 0) return [];
  const [{ address, weight, line, ringName }] = found;
  const remedy = `begin with a copy that says how pods reach it, and its name on the ring: "HOST:PORT:${weight} ${ringName}"`;
  const message = `${found.length} of ${servers.length} servers are at addresses such as ${address}, which for a pod is the pod itself; ${remedy}`;
  return [{ place: `${file}:${line ?? 1}`, message }];
}

/** The bridge has 370 bytes for a server of a fleet with a short name. */
const SURELY_FIT = 500;

function crowds(file: string, { servers }: NutcrackerPool): FileWarning[] {
  if (servers.length <= SURELY_FIT) return [];
  const message =
    `there are ${servers.length} servers, and the bridge to all of them has to fit in one ConfigMap of 256 KiB, which ` +
    'holds about 700 if fleet and namespace have short names; the first synth says whether it does';
  return [{ place: file, message }];
}

function attentions({ file: conf, notes }: RedisConf): FileWarning[] {
  return notes
    .filter(({ attention }) => attention)
    .map(({ file, line, directive, action, message }) => ({
      place: file === undefined ? conf : `${file}:${line ?? 1}`,
      message: `${directive} ${action}: ${message}`,
    }));
}

/** What nobody can see any more once the passwords are replaced. */
function passwordsApart({ name, redisAuth }: NutcrackerPool, { file, requirepass }: RedisConf): FileWarning[] {
  if (requirepass === redisAuth) return [];
  const pool = `pool ${JSON.stringify(name)}`;
  const what =
    requirepass === undefined
      ? `it has no requirepass, but ${pool} a redis_auth`
      : redisAuth === undefined
        ? `it has a requirepass, but ${pool} no redis_auth`
        : `its requirepass is not the redis_auth of ${pool}`;
  return [{ place: file, message: `${what}; is it the redis.conf of these servers?` }];
}
