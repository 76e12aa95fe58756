// The files in the ConfigMap of the shards.

import { Size } from 'cdk8s';
import { script } from '../common/scripts';
import { ROLE_USER } from '../migration/plan';
import { RedisConfig } from './redis-config';
import { type RedisDirective } from './redis-config-note';
import { type RedisOptions, serverVersionOf, startsAsReplica } from './redis-options';
import { type Replication, sentinelLines, serversLine } from './replication';
import { type OldServerTls } from '../tls/tls-options';
import { type ServerPorts } from './server-ports';
import { tlsData, tlsLines } from './server-tls';

/** A master that does not exist: nothing listens on port 1 of the pod. */
const REPLICA_WITHOUT_MASTER = 'replicaof 127.0.0.1 1\n';

/** The rest of the memory is for copy-on-write during a fork, for buffers, and for fragmentation. */
const DATA_SHARE = 0.6;

/** Redis defaults on which a fleet depends, written explicitly. */
const WRITTEN_DEFAULTS = {
  save: 'save 3600 1\nsave 300 100\nsave 60 10000',
  appendfsync: 'appendfsync everysec',
  'maxmemory-policy': 'maxmemory-policy noeviction',
};

/** The replication backlog counts as data: small shards have a small one. */
const BACKLOG_SHARE = 1 / 8;
const BACKLOG_KIBIBYTES = { least: 1024, most: 64 * 1024 };

/** Overrides an old file: a shard without data must return an error, not a missing key. */
const REFUSE_STALE_READS = '# Without its master, a replica answers MASTERDOWN.\nreplica-serve-stale-data no\n';

/** A shard has one replica; waiting for a second one only makes the time without a replica longer. */
const SYNC_AT_ONCE = '# There is one replica: do not wait for others.\nrepl-diskless-sync-delay 0\n';

const USERS_FILE = '# Only the user migrator may change the role (users.acl).\naclfile /data/users.acl\n';

/**
 * The ACL of a shard that moves, has a replica, or whose ring can change: only the migrator and the Sentinels of the fleet may change its master, not for
 * example a Sentinel of the old fleet. start.sh replaces PASSWORD.
 */
const USERS = `user default on PASSWORD ~* &* +@all -replicaof -slaveof -failover
user ${ROLE_USER} on PASSWORD ~* &* +@all
`;

/** The memory of a shard. */
export function memoryOf(options: RedisOptions): Size {
  return options.memory ?? Size.gibibytes(1);
}

/** `maxmemory` of the shards that have no value of their own. */
export function maxmemoryOf(options: RedisOptions): Size {
  return options.maxmemory ?? Size.mebibytes(Math.floor((memoryOf(options).toKibibytes() / 1024) * DATA_SHARE));
}

/** The configuration and the scripts, by file name. A node of a Redis Cluster replicates as the cluster does. */
export function configData(
  options: RedisOptions & {
    readonly migratorUser?: boolean;
    readonly oldTls?: OldServerTls;
    readonly isNode?: boolean;
  },
  ports: ServerPorts,
  replication?: Replication,
): Record<string, string> {
  const config = (options.config ?? RedisConfig.of({}))._for(serverVersionOf(options));
  const given = new Set(config.directives.map(({ name }) => name));
  // With replicas also without a migration: the user with which Sentinel connects must never change while it monitors.
  const protectsRole = startsAsReplica(options) || replication !== undefined;
  const hasUsers = protectsRole || options.migratorUser === true;
  const lines = [
    '# What every shard runs with. start.sh adds the password and the role.',
    'dir /data',
    `port ${ports.plain ?? 0}`,
    ...tlsLines(ports, replication !== undefined || options.isNode === true, options.oldTls),
    'protected-mode no',
    maxmemory(maxmemoryOf(options)),
    ...(given.has(BACKLOG) ? [] : [backlog(maxmemoryOf(options))]),
    ...Object.entries(WRITTEN_DEFAULTS).flatMap(([name, line]) => (given.has(name) ? [] : [line])),
    config.render(),
    '# The file of an initial synchronization has old data: a shard that persists nothing deletes it.',
    'rdb-del-sync-files yes\n',
    ...(hasUsers ? [USERS_FILE] : []),
    ...(protectsRole ? [REFUSE_STALE_READS] : []),
    ...(replication ? [SYNC_AT_ONCE] : []),
  ];
  const isOwn = (line: string): boolean => !lines.includes(line) && !(line.startsWith(BACKLOG) && given.has(BACKLOG));
  const ofShards = Object.entries(options.maxmemoryOfShard ?? {}).map(([ordinal, size]) => [
    `shard-${ordinal}.conf`,
    [maxmemory(size), backlog(size)].flatMap((line) => (isOwn(line) ? [`${line}\n`] : [])).join(''),
  ]);
  return {
    'redis.conf': lines.join('\n'),
    snapshots: `${takesSnapshots(config.directives) ? 'yes' : 'no'}\n`,
    'initial-role.conf': startsAsReplica(options) ? REPLICA_WITHOUT_MASTER : '# a master\n',
    ...(hasUsers && { 'users.acl': USERS }),
    ...(Object.fromEntries(ofShards) as Record<string, string>),
    'prepare.sh': script('prepare.sh'),
    'start.sh': script('start.sh'),
    'epoch.sh': script('epoch.sh'),
    'stale-dump.sh': script('stale-dump.sh'),
    'probe.sh': script('probe.sh'),
    'password.sh': script('password.sh'),
    ...tlsData(ports, options.oldTls),
    ...(replication && replicationData(replication)),
    ...(replication && ports.tls !== undefined && { 'sentinel-port.sh': script('sentinel-port.sh') }),
  };
}

/** The addresses of all servers and Sentinels, and the scripts that keep the roles of the two servers of a shard. */
function replicationData(replication: Replication): Record<string, string> {
  const scripts = ['addresses.sh', 'role.sh', 'priority.sh', 'hand-over.sh'];
  return {
    servers: serversLine(replication),
    sentinels: sentinelLines(replication),
    ...Object.fromEntries(scripts.map((name) => [name, script(name)])),
  };
}

/** Each save line adds save points, and an empty one removes all. */
function takesSnapshots(directives: readonly RedisDirective[]): boolean {
  const lines = directives.filter(({ name }) => name === 'save');
  return lines.length === 0 || lines[lines.length - 1].args[0] !== '';
}

const BACKLOG = 'repl-backlog-size';

function backlog(maxmemoryOfShard: Size): string {
  const { least, most } = BACKLOG_KIBIBYTES;
  const share = Math.floor(maxmemoryOfShard.toKibibytes() * BACKLOG_SHARE);
  return `${BACKLOG} ${Math.min(most, Math.max(least, share))}kb`;
}

function maxmemory(size: Size): string {
  return `maxmemory ${size.toKibibytes()}kb`;
}
