// What prevents a change of rings on one server, each with the remedy.

import { size } from '../../migrator/report/fleet-progress';
import { Version } from '../../migrator/redis/version';
import { type Rings } from '../plan/rings';
import { type Info } from '../../migrator/redis/info';
import { type FleetServer } from '../server/server';

/** A server, and what it reported. */
export interface Seen {
  readonly server: FleetServer;
  readonly info: Info;
  /** Its clock, compared with that of this machine, in milliseconds. */
  readonly ahead: number;
}

/** PEXPIRETIME, CONFIG SET port and DUMP of one format. */
const LEAST_VERSION = [7, 0] as const;

/** The part of `maxmemory` that may be used after the copy. */
const FULL = 0.9;

/** @param incoming bytes that the server is expected to receive */
export async function serverProblems({ server, info }: Seen, rings: Rings, incoming: number): Promise<string[]> {
  const { redis } = server;
  const version = Version.of(info);
  const policy = (await redis.setting('maxmemory-policy')) ?? 'noeviction';
  const replicas = info.number('connected_slaves');
  const databases = info.keyspaces.map(({ database }) => database).filter((database) => database > 0);
  const isTarget = rings.incomingShare(server.ordinal) > 0;
  const maxmemory = info.number('maxmemory');
  const used = info.number('used_memory') + incoming;
  const problems = [
    ...(version.isAtLeast(...LEAST_VERSION) ? [] : [`it is ${version.name}; update it to Redis 7.0 or later first`]),
    ...(info.text('redis_mode') === 'cluster'
      ? ['it is a node of a Redis Cluster; its slots decide, not its ring']
      : []),
    ...(info.text('role') === 'master' ? [] : ['it is a replica; connect it as a master']),
    ...(replicas === 0
      ? []
      : [
          `${replicas} replicas follow it, which a failover could promote with the old port; turn replicas off for the time`,
        ]),
    ...databases.map((database) => `database ${database} has keys; a ring has only database 0: move or delete them`),
    ...(isTarget && policy !== 'noeviction'
      ? [`maxmemory-policy is ${policy}, so that it would evict copies silently; set noeviction for the time`]
      : []),
    ...(maxmemory > 0 && used > FULL * maxmemory
      ? [`about ${size(Math.round(used))} of maxmemory ${size(maxmemory)} would be used; raise maxmemory first`]
      : []),
    ...(info.text('config_file') === ''
      ? ['it runs without a configuration file, so that a restart would undo the fence; start it with a file']
      : []),
  ];
  return problems.map((problem) => `${redis.address}: ${problem}`);
}
