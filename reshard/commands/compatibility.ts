// compatibility: what clients do on the shards that would break, from the statistics that every server keeps.

import { RefusedError } from '../../migrator/program/outcome';
import { type Result } from '../../migrator/program/run';
import { type RedisServer } from '../../migrator/redis/server';
import { isCluster, type ReshardPlan } from '../plan/plan';
import { type Context, forFleet } from './context';

/** The commands that nutcracker splits over its servers. With those of `MAYBE`, a single key is usual. */
const SPLIT = ['mget', 'mset', 'del', 'unlink', 'touch'];
const MAYBE = ['del', 'unlink', 'touch'];

/** Commands with several keys that nutcracker does not forward, or with one key only: the programs and checks of a fleet send them. */
const NOT_FORWARDED = ['exists', 'xread', 'watch'];

const SCRIPT = /^(eval|fcall)/;

/** The calls of a command with several keys on all shards, and on how many of them. */
interface Use {
  readonly command: string;
  readonly calls: number;
  readonly shards: number;
}

export function compatibility(context: Context): Promise<Result> {
  const { plan } = context;
  return forFleet(context, async (fleet) => {
    const shards = fleet.shards.filter(({ ordinal }) => !fleet.isInCluster(ordinal));
    const servers = shards.map(({ complete }) => complete.redis);
    const used = usesIn(await Promise.all(servers.map(callsOn)));
    const functions = await Promise.all(servers.map(functionsOf));
    const found = [...tagProblems(plan, used), ...used.flatMap((use) => problemsOf(use, isCluster(plan.b)))];
    const libraries = new Set(functions.flat());
    if (libraries.size > 0) {
      found.push(`functions are not copied (${[...libraries].join(', ')}): load them on every server (FUNCTION LOAD)`);
    }
    const notes = used.flatMap((use) => notesOf(use, isCluster(plan.b)));
    const since = `commands since each server has started, or its statistics were reset (CONFIG RESETSTAT)`;
    if (found.length > 0) throw new RefusedError([...found, ...notes, since].join('\n'));
    return ['no command was used that would break', ...notes, since].join('\n');
  });
}

/** Commands whose keys are used together, and whose hash tag the cluster would ignore. */
function tagProblems({ a, b }: ReshardPlan, used: readonly Use[]): string[] {
  if (!isCluster(b) || a.hashTag === undefined || a.hashTag === '{}') return [];
  const tag = `the hash tag of ring A is ${a.hashTag}, but that of a cluster is always {}`;
  const remedy = 'rename the keys that are used together';
  return used.some(({ command }) => !MAYBE.includes(command))
    ? [`${tag}, so that keys with the same tag are in different slots; ${remedy}`]
    : [];
}

function problemsOf(use: Use, toCluster: boolean): string[] {
  const { command } = use;
  if (MAYBE.includes(command) || (SPLIT.includes(command) && !toCluster)) return [];
  if (SPLIT.includes(command)) {
    return [
      `${text(use)}: nutcracker splits it, but a cluster refuses keys of different slots (CROSSSLOT); give the keys a common hash tag {}, or send a command for each key`,
    ];
  }
  const breaks = toCluster
    ? 'a cluster refuses keys of different slots (CROSSSLOT)'
    : 'nutcracker sends it to the server of the first key, and the others may be elsewhere';
  const remedy = SCRIPT.test(command)
    ? 'a script with several keys has to name all of them, with a common hash tag'
    : 'give the keys a common hash tag';
  return [`${text(use)}: ${breaks}; ${remedy}${toCluster ? ' {}' : ''}`];
}

/** A command of which it is not known whether it had several keys. */
function notesOf(use: Use, toCluster: boolean): string[] {
  if (!toCluster || !MAYBE.includes(use.command)) return [];
  return [`${text(use)}: if it had several keys, a cluster would refuse those of different slots (CROSSSLOT)`];
}

function text({ command, calls, shards }: Use): string {
  const counted = (number: number, noun: string): string =>
    `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
  return `${command.toUpperCase()}, ${counted(calls, 'call')} on ${counted(shards, 'shard')}`;
}

/** The calls of each command with several keys on a server. */
async function callsOn(redis: RedisServer): Promise<Map<string, number>> {
  const stats = String(await redis.call('INFO', 'commandstats'));
  const calls = new Map<string, number>();
  for (const [, command, count] of stats.matchAll(/^cmdstat_([^:|]+):calls=(\d+)/gm)) calls.set(command, Number(count));
  const names = [...calls.keys()].filter((name) => !NOT_FORWARDED.includes(name));
  const details = (await redis.call('COMMAND', 'INFO', ...names)) as (unknown[] | null)[];
  const hasSeveral = (detail: unknown[] | null): boolean => {
    const [, , flags, first, last] = detail ?? [];
    return first !== last || (Array.isArray(flags) && flags.map(String).includes('movablekeys'));
  };
  return new Map(names.filter((_, i) => hasSeveral(details[i])).map((name) => [name, calls.get(name) ?? 0]));
}

function usesIn(all: readonly ReadonlyMap<string, number>[]): Use[] {
  const commands = [...new Set(all.flatMap((calls) => [...calls.keys()]))].sort();
  return commands.map((command) => {
    const counts = all.map((calls) => calls.get(command) ?? 0).filter((count) => count > 0);
    return { command, calls: counts.reduce((sum, count) => sum + count, 0), shards: counts.length };
  });
}

/** The libraries of functions of a server. */
async function functionsOf(redis: RedisServer): Promise<string[]> {
  const libraries = (await redis.call('FUNCTION', 'LIST')) as unknown[][];
  return libraries.map((fields) => String(fields[fields.indexOf('library_name') + 1]));
}
