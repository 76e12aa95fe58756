// Which directives of an old redis.conf are not kept as they are, and why.

import { RedisConfigAction } from '../redis-config-note';
import { senderOf } from './commands-in-use';

/** What happens to a directive that is not kept. */
export interface Rule {
  readonly action: RedisConfigAction.IGNORED | RedisConfigAction.MOVED_TO_SECRET | RedisConfigAction.COMPUTED;
  /** Why, and what applies instead. */
  readonly message: string;
  /** Whether clients may depend on what is lost. */
  readonly attention: boolean;
}

/**
 * Names that Redis 7.0 replaced. It still reads most of the old ones, but a later version may not
 * (`hash-max-zipmap-*` was removed in 2.6 in favor of `hash-max-ziplist-*`). Valkey's own names map to those that every
 * version reads.
 */
const NEW_NAMES: Readonly<Record<string, string | undefined>> = {
  'cluster-slave-no-failover': 'cluster-replica-no-failover',
  'cluster-slave-validity-factor': 'cluster-replica-validity-factor',
  'commandlog-execution-slower-than': 'slowlog-log-slower-than',
  'commandlog-slow-execution-max-len': 'slowlog-max-len',
  'hash-max-ziplist-entries': 'hash-max-listpack-entries',
  'hash-max-ziplist-value': 'hash-max-listpack-value',
  'hash-max-zipmap-entries': 'hash-max-listpack-entries',
  'hash-max-zipmap-value': 'hash-max-listpack-value',
  'list-max-ziplist-size': 'list-max-listpack-size',
  'lua-time-limit': 'busy-reply-threshold',
  'min-slaves-max-lag': 'min-replicas-max-lag',
  'min-slaves-to-write': 'min-replicas-to-write',
  primaryauth: 'masterauth',
  primaryuser: 'masteruser',
  'repl-ping-slave-period': 'repl-ping-replica-period',
  'slave-announce-ip': 'replica-announce-ip',
  'slave-announce-port': 'replica-announce-port',
  'slave-ignore-maxmemory': 'replica-ignore-maxmemory',
  'slave-lazy-flush': 'replica-lazy-flush',
  'slave-priority': 'replica-priority',
  'slave-read-only': 'replica-read-only',
  'slave-serve-stale-data': 'replica-serve-stale-data',
  slaveof: 'replicaof',
  'zset-max-ziplist-entries': 'zset-max-listpack-entries',
  'zset-max-ziplist-value': 'zset-max-listpack-value',
};

/** The name that Redis 7.0 gives a directive. */
export function newName(name: string): string {
  return NEW_NAMES[name] ?? name;
}

type Reason = readonly [names: RegExp, message: string, attention?: (args: readonly string[]) => boolean];

const always = () => true;
const unless =
  (...harmless: string[]) =>
  ([value = '']: readonly string[]) =>
    !harmless.includes(value.toLowerCase());

/** What the pod decides for every shard, so that one file serves the whole fleet. */
const DECIDED_BY_THE_POD: readonly Reason[] = [
  [/^dir$/, 'each pod has its own data directory on the storage'],
  [
    /^(db|append)filename$|^appenddirname$/,
    "the files in a pod's directory have Redis' default names; data arrives by replication",
  ],
  [/^port$/, "the StatefulSet's prop sets the port"],
  [
    /^(bind|bind-source-addr|protected-mode)$/,
    'the pod listens on its own addresses, and a NetworkPolicy and the password protect it',
  ],
  [/^(unixsocket|unixsocketperm|unixsocketgroup)$|^rdma-/, 'the proxies reach the shard over TCP'],
  [/^(daemonize|supervised|pidfile)$/, 'Redis runs in the foreground of its container, and kubelet restarts it'],
  [/^(logfile|syslog-(enabled|ident|facility))$/, 'the log goes to standard output: kubectl logs'],
  [
    /^replicaof$/,
    "a shard's role is kept in its data directory; the old address would make every pod a replica of one server",
    always,
  ],
  [/^replica-announce-(ip|port)$/, "the address of a virtual machine is not the pod's", always],
  [
    /^replica-read-only$/,
    'always yes: a replica that accepts writes would be a second master while a shard moves',
    unless('yes'),
  ],
  [
    /^rdb-del-sync-files$/,
    'always yes: a shard without persistence must not keep the file of a synchronization, whose data would return at a restart',
    unless('yes'),
  ],
  [
    /^min-replicas-(to-write|max-lag)$/,
    'a shard has no replicas here, and would refuse every write',
    unless('0', '10'),
  ],
  [/^cluster-/, 'shards behind Twemproxy are standalone servers'],
  [/^tls-/, 'the prop tls of the fleet sets it, with the certificates of a Secret', unless('no', '0')],
  [
    /^(server|bio|aof[-_]rewrite|bgsave)[-_]cpulist$/,
    "a node has other CPUs than the virtual machine; the pod's resources limit its CPU",
    always,
  ],
  [/^proc-title-template$/, 'a process title has no use in a pod'],
  [/^availability-zone$/, "it names the zone of a virtual machine, not of the pod's node"],
  [/^hash-seed$/, 'each shard generates its own secret seed'],
  [/^socket-mark-id$/, 'a pod may not mark its packets', unless('0')],
  [
    /^(user|aclfile|masteruser)$/,
    'a Twemproxy pool has one password and no user names: the shards use the default user with the password of the Secret',
    always,
  ],
  [/^loadmodule$/, 'the stock image has no modules; data of their types cannot be loaded there', always],
  [/\./, 'this is a setting of a module, and the stock image has none', always],
];

/** What Redis 7.0 no longer reads, or ignores. */
const REMOVED: readonly Reason[] = [
  [/^(vm-.*|really-use-vm)$/, 'virtual memory was removed in Redis 2.6', unless('no')],
  [/^(glueoutputbuf|shareobjects|shareobjectspoolsize)$/, 'Redis 2.2 and later have no such setting'],
  [/^list-max-ziplist-(entries|value)$/, 'Redis 3.2 and later limit the nodes of a list by list-max-listpack-size'],
  [/^lua-replicate-commands$/, 'Redis 7.0 always replicates the effects of scripts'],
  [/^gopher-enabled$/, 'Redis 7.0 has no Gopher', unless('no')],
];

/** What is set elsewhere: passwords in the Secret, memory in a prop. */
const ELSEWHERE: Readonly<Record<string, ((args: readonly string[]) => Rule) | undefined>> = {
  requirepass: () => ({
    action: RedisConfigAction.MOVED_TO_SECRET,
    message: 'a password belongs in a Secret, never in a ConfigMap: put it there and name the Secret in the props',
    attention: true,
  }),
  masterauth: () => ({
    action: RedisConfigAction.MOVED_TO_SECRET,
    message: 'a password belongs in a Secret; all shards of a fleet use the one of requirepass',
    attention: false,
  }),
  maxmemory: ([value]) => ({
    action: RedisConfigAction.COMPUTED,
    message: `it was ${value}; now computed from the container's memory limit unless a prop sets it`,
    attention: false,
  }),
};

const LOCALES_OF_IMAGES = /^(C|POSIX|C\.UTF-8)?$/i;

/** The only warning that a release of Redis or Valkey has. */
const NAMED_WARNING = 'ARM64-COW-BUG';

/** The rule for a directive, by its new name; undefined if it is kept. */
export function ruleFor(name: string, args: readonly string[]): Rule | undefined {
  if (name === 'maxclients' && args[0] === '0') {
    return {
      action: RedisConfigAction.IGNORED,
      message: "0, no limit up to Redis 2.4, is refused now; Redis' default of 10000 applies",
      attention: true,
    };
  }
  if (name === 'locale-collate' && !LOCALES_OF_IMAGES.test(args[0] ?? '')) {
    const message = 'the stock images have only the locales C and POSIX, and a server does not start with any other';
    return { action: RedisConfigAction.IGNORED, message, attention: true };
  }
  if (name === 'ignore-warnings' && args.length > 0 && args.join(' ') !== NAMED_WARNING) {
    return {
      action: RedisConfigAction.IGNORED,
      message: `Redis has no warning of this name, only ${NAMED_WARNING}`,
      attention: false,
    };
  }
  const elsewhere = ELSEWHERE[name];
  if (elsewhere) return elsewhere(args);
  const reason = [...DECIDED_BY_THE_POD, ...REMOVED].find(([names]) => names.test(name));
  return reason && { action: RedisConfigAction.IGNORED, message: reason[1], attention: reason[2]?.(args) ?? false };
}

/** A remark on a directive that is kept; undefined for most. */
export function remarkOn(name: string, args: readonly string[]): string | undefined {
  const value = args[0]?.toLowerCase();
  switch (name) {
    case 'appendonly':
      return value === 'no'
        ? 'a shard that crashes loses every write since its last snapshot, or since its cutover if that is later; set appendonly to keep them'
        : undefined;
    case 'save':
      return value === '' ? 'no snapshots; without appendonly a pod is empty after a restart' : undefined;
    case 'activedefrag':
      return value === 'yes'
        ? "needs Redis' own jemalloc, which the official image has; Debian's redis-server does not start with it"
        : undefined;
    case 'rename-command':
      return senderOf(value) !== undefined && value !== args[1]?.toLowerCase()
        ? `the probes, the proxies and the migration send ${args[0].toUpperCase()} by this name; keep it, and restrict access with the password and a NetworkPolicy`
        : undefined;
    default:
      return undefined;
  }
}
