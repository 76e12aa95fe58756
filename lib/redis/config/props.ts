// Converts the props of a RedisConfig to directives.

import { type Duration, type Size } from 'cdk8s';
import { type RedisDirective } from '../redis-config-note';
import { type RedisConfigProps, type SavePoint } from '../redis-config-props';
import { newName } from './directive-rules';
import { splitWords } from './text';

/** Defaults that differ from those of Redis, unless the props or an old file set them. */
export const DEFAULTS: readonly RedisDirective[] = [{ name: 'appendonly', args: ['yes'] }];

const yesNo = (value?: boolean) => (value === undefined ? undefined : [value ? 'yes' : 'no']);
const text = (value?: number | string) => (value === undefined ? undefined : [String(value)]);
const seconds = (value?: Duration) => text(value?.toSeconds());
const kibibytes = (value?: Size) => value && [`${value.toKibibytes()}kb`];

/** The directives of the typed props, in the order of the props. */
export function typedDirectives(props: RedisConfigProps): RedisDirective[] {
  const slower = props.slowlogLogSlowerThan?.toMilliseconds();
  const settings: Record<string, string[] | undefined> = {
    appendonly: yesNo(props.appendonly),
    appendfsync: text(props.appendfsync),
    save: props.save && saveArgs(props.save),
    'maxmemory-policy': text(props.maxmemoryPolicy),
    databases: text(props.databases),
    timeout: seconds(props.timeout),
    'tcp-keepalive': seconds(props.tcpKeepalive),
    maxclients: text(props.maxclients),
    hz: text(props.hz),
    activedefrag: yesNo(props.activedefrag),
    'lazyfree-lazy-eviction': yesNo(props.lazyfree),
    'lazyfree-lazy-expire': yesNo(props.lazyfree),
    'lazyfree-lazy-server-del': yesNo(props.lazyfree),
    'lazyfree-lazy-user-del': yesNo(props.lazyfree),
    'lazyfree-lazy-user-flush': yesNo(props.lazyfree),
    // In microseconds.
    'slowlog-log-slower-than': text(slower === undefined ? undefined : slower * 1000),
    'slowlog-max-len': text(props.slowlogMaxLen),
    'latency-monitor-threshold': text(props.latencyMonitorThreshold?.toMilliseconds()),
    'repl-backlog-size': kibibytes(props.replBacklogSize),
    'no-appendfsync-on-rewrite': yesNo(props.noAppendfsyncOnRewrite),
    'auto-aof-rewrite-percentage': text(props.autoAofRewritePercentage),
    'auto-aof-rewrite-min-size': kibibytes(props.autoAofRewriteMinSize),
  };
  return [
    ...Object.entries(settings).flatMap(([name, args]) => (args ? [{ name, args }] : [])),
    ...Object.entries(props.renameCommand ?? {}).map((names) => ({ name: 'rename-command', args: names })),
  ];
}

/** The directives of the raw map; throws for unbalanced quotes. */
export function rawDirectives(raw: Readonly<Record<string, string>> = {}): RedisDirective[] {
  return Object.entries(raw).map(([written, value]) => {
    const args = splitWords(value);
    if (!/^[a-z][-a-z0-9_.]*$/i.test(written.trim())) {
      throw new Error(`raw: ${JSON.stringify(written)} is not a directive name; use letters, digits, "-", "_" and "."`);
    }
    if (!args) throw new Error(`raw: ${written}: the quotes of its value are unbalanced; write it as in redis.conf`);
    // As in redis.conf, where an empty argument is a pair of quotes.
    return { name: newName(written.trim().toLowerCase()), args: args.length === 0 ? [''] : args };
  });
}

function saveArgs(points: readonly SavePoint[]): string[] {
  if (points.length === 0) return [''];
  return points.flatMap(({ after, changes }) => [String(after.toSeconds()), String(changes)]);
}
