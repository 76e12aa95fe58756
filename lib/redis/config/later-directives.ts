// Directives, values and commands added after Redis 7.0, with the release of Redis and of Valkey that added each.

import { type Since } from './server-version';
import { eventClasses, memory, oneOf, type Values, whole, YES_NO } from './directive-values';

/** The values that a directive accepts from some release on. */
export interface LaterValues {
  readonly since: Since;
  readonly values: Values;
}

const INT = 2n ** 31n - 1n;
const LONG = 2n ** 63n - 1n;

const EVERYWHERE: Since = { redis: '7.2', valkey: '7.2' };
const HARDENED: Since = { redis: '7.4', valkey: '8.0' };

/** By directive, the earliest first. Valkey started with everything that Redis 7.2 has. */
export const LATER_DIRECTIVES: Readonly<Record<string, readonly LaterValues[] | undefined>> = {
  'active-defrag-cycle-us': [{ since: { valkey: '8.1' }, values: whole(0n, 100_000n) }],
  'commandlog-large-reply-max-len': [{ since: { valkey: '8.1' }, values: whole(0n, LONG) }],
  'commandlog-large-request-max-len': [{ since: { valkey: '8.1' }, values: whole(0n, LONG) }],
  'commandlog-reply-larger-than': [{ since: { valkey: '8.1' }, values: whole(-1n, LONG) }],
  'commandlog-request-larger-than': [{ since: { valkey: '8.1' }, values: whole(-1n, LONG) }],
  'dual-channel-replication-enabled': [{ since: { valkey: '8.0' }, values: YES_NO }],
  'events-per-io-thread': [{ since: { valkey: '8.0' }, values: whole(0n, INT) }],
  'extended-redis-compatibility': [{ since: { valkey: '8.0' }, values: YES_NO }],
  'hide-user-data-from-log': [{ since: HARDENED, values: YES_NO }],
  'import-mode': [{ since: { valkey: '8.1' }, values: YES_NO }],
  // The stock images have no other locales, and the server does not start with a missing one.
  'locale-collate': [{ since: EVERYWHERE, values: oneOf('', 'C', 'POSIX', 'C.UTF-8') }],
  'log-format': [{ since: { valkey: '8.1' }, values: oneOf('legacy', 'logfmt') }],
  'log-timestamp-format': [{ since: { valkey: '8.1' }, values: oneOf('legacy', 'iso8601', 'milliseconds') }],
  loglevel: [{ since: EVERYWHERE, values: oneOf('debug', 'verbose', 'notice', 'warning', 'nothing') }],
  lookahead: [{ since: { redis: '8.4' }, values: whole(1n, INT) }],
  'max-new-connections-per-cycle': [{ since: HARDENED, values: whole(1n, 1000n) }],
  'max-new-tls-connections-per-cycle': [{ since: HARDENED, values: whole(1n, 1000n) }],
  'maxmemory-policy': [
    {
      since: { redis: '8.6' },
      values: oneOf(
        ...['volatile-lru', 'volatile-lfu', 'volatile-lrm', 'volatile-random', 'volatile-ttl'],
        ...['allkeys-lru', 'allkeys-lfu', 'allkeys-lrm', 'allkeys-random', 'noeviction'],
      ),
    },
  ],
  'maxmemory-samples': [{ since: HARDENED, values: whole(1n, 64n) }],
  mptcp: [{ since: { valkey: '9.0' }, values: YES_NO }],
  'notify-keyspace-events': [{ since: { redis: '8.2' }, values: eventClasses('Ag$lshzxeKEtmdnoc') }],
  'prefetch-batch-max-size': [{ since: { valkey: '8.0' }, values: whole(0n, 128n) }],
  'rdb-version-check': [{ since: { valkey: '8.1' }, values: oneOf('strict', 'relaxed') }],
  'repl-diskless-load': [
    { since: { valkey: '8.0' }, values: oneOf('disabled', 'on-empty-db', 'swapdb', 'flush-before-load') },
  ],
  'repl-mptcp': [{ since: { valkey: '9.0' }, values: YES_NO }],
  'repl-rdb-channel': [{ since: { redis: '8.0' }, values: YES_NO }],
  'replica-full-sync-buffer-limit': [{ since: { redis: '8.0' }, values: memory(0n, LONG) }],
  'set-max-listpack-entries': [{ since: EVERYWHERE, values: whole(0n, LONG) }],
  'set-max-listpack-value': [{ since: EVERYWHERE, values: whole(0n, LONG) }],
};

/** Commands by the release that added them. */
export const LATER_COMMANDS: readonly (readonly [since: Since, commands: string])[] = [
  [EVERYWHERE, 'waitaof'],
  [
    { redis: '7.4', valkey: '9.0' },
    'hexpire hexpireat hexpiretime hpersist hpexpire hpexpireat hpexpiretime hpttl httl',
  ],
  [{ redis: '8.0', valkey: '9.0' }, 'hgetex hsetex'],
  [{ redis: '8.0', valkey: '9.1' }, 'hgetdel'],
  [{ valkey: '8.1' }, 'commandlog'],
  [{ redis: '8.2' }, 'xackdel xdelex'],
  [{ redis: '8.4', valkey: '9.1' }, 'msetex'],
  [{ redis: '8.4' }, 'delex digest'],
  [{ valkey: '9.0' }, 'delifeq'],
  [{ redis: '8.6' }, 'hotkeys'],
  [{ redis: '8.8' }, 'increx xnack'],
];
