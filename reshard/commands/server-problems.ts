// What prevents a change of rings on one server, each with the remedy.

import { Version } from '../../migrator/redis/version';
import { clients, firstFew, Networks, unexpectedClients } from '../../migrator/redis/clients';
import { type ReshardPlan } from '../plan/plan';
import { type Info } from '../../migrator/redis/info';
import { type FleetServer } from '../server/server';
import { type Clock } from './clocks';
import { type TargetMemory } from './target-memory';

/** A server, and what it reported. */
export interface Seen {
  readonly server: FleetServer;
  readonly info: Info;
  readonly clock: Clock;
}

/** PEXPIRETIME, users with permissions for keys, and DUMP of one format. */
const LEAST_VERSION = [7, 0] as const;

/** What a server will have after the copy, and has now. */
export interface Expected {
  /** With what it receives. */
  readonly memory: TargetMemory;
  /** Its replicas in the plan, or in the Redis Cluster. */
  readonly replicas: number;
  /** Whether it is a node of the Redis Cluster of the plan. */
  readonly isNode: boolean;
}

export async function serverProblems(
  { server, info }: Seen,
  expected: Expected,
  { proxyNetworks }: Pick<ReshardPlan, 'proxyNetworks'>,
): Promise<string[]> {
  const { redis } = server;
  const version = Version.of(info);
  const policy = (await redis.setting('maxmemory-policy')) ?? 'noeviction';
  const replicas = info.number('connected_slaves') - expected.replicas;
  const databases = info.keyspaces.map(({ database }) => database).filter((database) => database > 0);
  // Proxies do not connect to a cluster, and its clients wait for the change.
  const direct =
    proxyNetworks === undefined || expected.isNode ? [] : await unexpectedClients(redis, new Networks(proxyNetworks));
  // The checks of bridges with replicas wait in XREAD, which only reads.
  const blocked = (await clients(redis)).some(({ flags, command }) => flags.includes('b') && command !== 'xread');
  const problems = [
    ...(await server.userProblems()),
    ...(blocked
      ? [
          'a client is blocked, such as in BLPOP, and would get a key behind the fence; stop the clients that use no proxy',
        ]
      : []),
    ...(direct.length === 0
      ? []
      : [
          `clients that are not proxies are connected: ${firstFew(direct)}; stop them, or add their networks to proxyNetworks`,
        ]),
    ...(version.isAtLeast(...LEAST_VERSION) ? [] : [`it is ${version.name}; update it to Redis 7.0 or later first`]),
    ...(info.text('redis_mode') === 'cluster' && !expected.isNode
      ? ['it is a node of a Redis Cluster; its slots decide, not its ring']
      : []),
    ...(replicas > 0
      ? [
          `${replicas} replicas follow it that the plan does not have, and a failover to one of them would undo the fence`,
        ]
      : []),
    ...databases.map((database) => `database ${database} has keys; a ring has only database 0: move or delete them`),
    ...(expected.memory.receives > 0 && policy !== 'noeviction'
      ? [`maxmemory-policy is ${policy}, so that it would evict copies silently; set noeviction for the time`]
      : []),
    ...expected.memory.problems,
    ...(info.text('config_file') === ''
      ? ['it runs without a configuration file, so that a restart would undo the fence; start it with a file']
      : []),
  ];
  return problems.map((problem) => `${redis.address}: ${problem}`);
}
