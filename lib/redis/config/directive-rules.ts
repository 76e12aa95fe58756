// Which directives of an old redis.conf are not taken over as they are, and why.

import { RedisConfigAction } from '../redis-config-note';
import { senderOf } from './commands-in-use';

/** What happens to a directive that is not kept. */
export interface Rule {
  readonly action: RedisConfigAction.IGNORED | RedisConfigAction.MOVED_TO_SECRET | RedisConfigAction.COMPUTED;
  /** Why, and what holds instead. */
  readonly message: string;
  /** Whether someone may rely on what is lost. */
  readonly attention: boolean;
}

/**
 * Names that Redis 7.0 replaced. It still reads most of the old ones, but a later version may not
 * (`hash-max-zipmap-*` went with 2.6, its meaning with `hash-max-ziplist-*`). Of Valkey's own names, those that every
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

/** What the pod decides for every shard alike, so that one file serves the whole fleet. */
const DECIDED_BY_THE_POD: readonly Reason[] = [
  [/^dir$/, 'each pod has a data directory of its own on the storage'],
  [
    /^(db|append)filename$|^appenddirname$/,
    "the files of a pod's directory have Redis' own names; data arrives by replication",
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
    'always yes: a replica that takes writes would be a second master while a shard moves',
    unless('yes'),
  ],
  [
    /^rdb-del-sync-files$/,
    'always yes: a shard that persists nothing keeps no file of a synchronization, whose data would come back at a restart',
    unless('yes'),
  ],
  [
    /^min-replicas-(to-write|max-lag)$/,
    'a shard has no replica of its own here and would refuse every write',
    unless('0', '10'),
  ],
  [/^cluster-/, 'shards behind Twemproxy are standalone servers'],
  [/^tls-/, 'Twemproxy speaks plain TCP to its servers', unless('no', '0')],
  [
    /^(server|bio|aof[-_]rewrite|bgsave)[-_]cpulist$/,
    "the CPUs of a virtual machine are not the node's; the pod's resources say how much it gets",
    always,
  ],
  [/^proc-title-template$/, 'nobody looks for a process by its title in a pod'],
  [/^availability-zone$/, "it says where a virtual machine stood, not where the pod's node does"],
  [/^hash-seed$/, 'each shard takes a seed of its own, which nobody can read'],
  [/^socket-mark-id$/, 'a pod may not mark its packets', unless('0')],
  [
    /^(user|aclfile|masteruser)$/,
    'a Twemproxy pool has one password and no user names: the default user holds, with the password of the Secret',
    always,
  ],
  [/^loadmodule$/, 'the stock image has no modules; data of their types cannot be loaded there', always],
  [/\./, 'this is a setting of a module, and the stock image has none', always],
];

/** What Redis 7.0 no longer reads, or reads and ignores. */
const GONE: readonly Reason[] = [
  [/^(vm-.*|really-use-vm)$/, 'virtual memory went with Redis 2.6', unless('no')],
  [/^(glueoutputbuf|shareobjects|shareobjectspoolsize)$/, 'Redis 2.2 and later have no such setting'],
  [/^list-max-ziplist-(entries|value)$/, 'Redis 3.2 and later bound the nodes of a list by list-max-listpack-size'],
  [/^lua-replicate-commands$/, 'Redis 7.0 always replicates the effects of scripts'],
  [/^gopher-enabled$/, 'Redis 7.0 has no Gopher', unless('no')],
];

/** What has a place of its own: a password in the Secret, the memory in a prop. */
const ELSEWHERE: Readonly<Record<string, ((args: readonly string[]) => Rule) | undefined>> = {
  requirepass: () => ({
    action: RedisConfigAction.MOVED_TO_SECRET,
    message: 'a password belongs in a Secret, never in a ConfigMap: put it there and name the Secret in the props',
    attention: true,
  }),
  masterauth: () => ({
    action: RedisConfigAction.MOVED_TO_SECRET,
    message: 'a password belongs in a Secret; the shards of a fleet share one, which is that of requirepass',
    attention: false,
  }),
  maxmemory: ([value]) => ({
    action: RedisConfigAction.COMPUTED,
    message: `it was ${value}; now computed from the container's memory limit unless the props say otherwise`,
    attention: false,
  }),
};

const LOCALES_OF_IMAGES = /^(C|POSIX|C\.UTF-8)?$/i;

/** The only one that a release of Redis or Valkey knows. */
const NAMED_WARNING = 'ARM64-COW-BUG';

/** The rule for a directive, by its new name; undefined when it is kept. */
export function ruleFor(name: string, args: readonly string[]): Rule | undefined {
  if (name === 'maxclients' && args[0] === '0') {
    return {
      action: RedisConfigAction.IGNORED,
      message: "0, up to Redis 2.4 no limit, is refused now; Redis' own 10000 holds",
      attention: true,
    };
  }
  if (name === 'locale-collate' && !LOCALES_OF_IMAGES.test(args[0] ?? '')) {
    const message = 'the stock images have only the locales C and POSIX, and a server does not start without its own';
    return { action: RedisConfigAction.IGNORED, message, attention: true };
  }
  if (name === 'ignore-warnings' && args.length > 0 && args.join(' ') !== NAMED_WARNING) {
    return {
      action: RedisConfigAction.IGNORED,
      message: `there is no warning by this name, only ${NAMED_WARNING}`,
      attention: false,
    };
  }
  const elsewhere = ELSEWHERE[name];
  if (elsewhere) return elsewhere(args);
  const reason = [...DECIDED_BY_THE_POD, ...GONE].find(([names]) => names.test(name));
  return reason && { action: RedisConfigAction.IGNORED, message: reason[1], attention: reason[2]?.(args) ?? false };
}

/** What to know about a directive that is kept; nothing for most. */
export function remarkOn(name: string, args: readonly string[]): string | undefined {
  const value = args[0]?.toLowerCase();
  switch (name) {
    case 'appendonly':
      return value === 'no'
        ? 'a shard that crashes loses every write since its last snapshot, or since its cutover if that is later; set appendonly to keep them'
        : undefined;
    case 'save':
      return value === '' ? 'no snapshots; without appendonly a pod that restarts comes back empty' : undefined;
    case 'activedefrag':
      return value === 'yes'
        ? "needs Redis' own jemalloc: the official image has it, Debian's redis-server does not start"
        : undefined;
    case 'rename-command':
      return senderOf(value) !== undefined && value !== args[1]?.toLowerCase()
        ? `the probes, the proxies and the move send ${args[0].toUpperCase()} by this name; leave it, and bound access by the password and a NetworkPolicy`
        : undefined;
    default:
      return undefined;
  }
}
