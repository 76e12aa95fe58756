// Reads the output of `status --json` of the failover program, and assigns it to the pools of its fleet.

import { type ShardStatus } from '../../failover/commands/status';
import { MEANING } from '../../failover/shard/state';
import { type NutcrackerPool } from '../../lib/nutcracker';
import { refuse } from '../../lib/nutcracker/config-error';
import { fleetsOf } from './matching-pool';
import { type ConfigFile, type Input } from './pools';
import { type FailoverData, type PlanData, type ReplicatedData } from './report-data';
import {
  type Check,
  isCount,
  isNumber,
  isObject,
  isText,
  listOf,
  optional,
  readStatusOutput,
  shardProblems,
  shown,
  skippedIn,
  type StatusOutput,
} from './status-output';

/** A status of the failover program that is not yet matched to a fleet. */
export interface FailoverStatusFile extends Pick<StatusOutput, 'file' | 'line' | 'time'> {
  readonly fleet: string;
  readonly shardsInFleet: number;
  readonly shards: readonly ShardStatus[];
  /** The shards that the program skipped, and why. */
  readonly skipped: ReadonlyMap<number, string>;
}

const REMEDY = 'give the output of `failover.mjs status --plan replicas.json --json`';

export async function readFailoverStatus(given: string, input: Input): Promise<FailoverStatusFile> {
  const output = await readStatusOutput(given, input, REMEDY, (summary) =>
    isOfMigrator(summary) ? [] : problemsOf(summary),
  );
  const { file, line, time, summary } = output;
  if (isOfMigrator(summary)) {
    refuse({ file, line, because: 'it is the status of the migrator', remedy: 'give it with --status' });
  }
  const shards = summary.shards as ShardStatus[];
  const { fleet, shardsInFleet } = summary as { readonly fleet: string; readonly shardsInFleet: number };
  return { file, line, time, fleet, shardsInFleet, shards, skipped: skippedIn(output, shards) };
}

/** Its summary has shards, but does not name the fleet. */
function isOfMigrator({ shards, fleet }: StatusOutput['summary']): boolean {
  return fleet === undefined && Array.isArray(shards);
}

const isSide: Check = (value) => value === 'a' || value === 'b';

const RULES: Readonly<Record<keyof ShardStatus, Check>> = {
  shard: isCount,
  a: isText,
  b: isText,
  state: (value) => isText(value) && Object.hasOwn(MEANING, value as string),
  master: optional(isSide),
  successor: optional(isSide),
  keys: optional(isCount),
  lag: optional(isNumber),
  votes: listOf((it) => isObject(it) && isText(it.sentinel) && (it.names === null || optional(isText)(it.names))),
  problems: listOf(isText),
};

function problemsOf({ fleet, shardsInFleet, shards }: StatusOutput['summary']): string[] {
  if (!Array.isArray(shards)) return shardProblems(shards, RULES);
  if (!isText(fleet)) return [`fleet is ${shown(fleet)}, not the name of a fleet`];
  if (!isCount(shardsInFleet)) return [`shardsInFleet is ${shown(shardsInFleet)}, not a number of shards`];
  return shardProblems(shards, RULES);
}

/** The status of each pool whose fleet has one. */
export function failoverByPool(
  config: ConfigFile,
  given: readonly FailoverStatusFile[],
  plans: ReadonlyMap<NutcrackerPool, PlanData>,
): Map<NutcrackerPool, FailoverData> {
  const found = new Map<NutcrackerPool, FailoverData>();
  for (const status of given) for (const pool of poolsOf(status, config, plans)) found.set(pool, dataOf(status));
  return found;
}

/** The pools of the fleet. Without a plan, it is known by its number of shards only: a fleet whose plan matches comes first. */
function poolsOf(
  status: FailoverStatusFile,
  config: ConfigFile,
  plans: ReadonlyMap<NutcrackerPool, PlanData>,
): readonly NutcrackerPool[] {
  const { file, line } = status;
  const fleets = fleetsOf(config).map((fleet) => {
    const plan = fleet.pools.map((pool) => plans.get(pool)).find((it) => it !== undefined);
    return { ...fleet, plan, mismatch: mismatchOf(status, plan?.plan.shards.length ?? fleet.shards, plan) };
  });
  const fitting = fleets.filter(({ mismatch }) => mismatch === undefined);
  const planned = fitting.filter(({ plan }) => plan !== undefined);
  const matching = planned.length === 0 ? fitting : planned;
  if (matching.length === 1) return matching[0].pools;
  if (matching.length > 1) {
    const names = matching.map(({ pools }) => shown(pools[0].name)).join(' and ');
    refuse({
      file,
      line,
      because: `it fits the fleets of the pools ${names}, which have as many shards`,
      remedy: 'give their plans with --plan',
    });
  }
  const [first, ...more] = fleets.map(({ pools, mismatch }) => `pool ${shown(pools[0].name)}: ${String(mismatch)}`);
  refuse({
    file,
    line,
    because: `it is not the status of a fleet of ${config.name}: ${first}${more.length === 0 ? '' : '; it does not fit the other pools either'}`,
    remedy: 'give the status of the fleet in this file',
  });
}

function mismatchOf(
  { fleet, shardsInFleet, shards, skipped }: FailoverStatusFile,
  length: number,
  plan?: PlanData,
): string | undefined {
  if (plan !== undefined && plan.plan.fleet !== fleet) {
    return `the fleet is ${shown(fleet)} in the status, and ${shown(plan.plan.fleet)} in the plan`;
  }
  if (shardsInFleet !== length) return `the fleet has ${shardsInFleet} shards in the status, and ${length} in the file`;
  const highest = Math.max(...skipped.keys(), ...shards.map(({ shard }) => shard));
  if (highest >= length) return `it has a shard ${highest}, and the fleet has ${length} shards`;
  const planned = new Map(plan?.plan.shards.map((shard) => [shard.shard, shard.new]));
  const other = plan && shards.find(({ shard, a }) => planned.get(shard) !== a);
  if (other === undefined) return undefined;
  return `server a of shard ${other.shard} is ${shown(other.a)}, but ${shown(planned.get(other.shard))} in the plan`;
}

function dataOf({ file, time, shards, skipped }: FailoverStatusFile): FailoverData {
  const others = [...skipped].map(([shard, reason]): [number, ReplicatedData] => [
    shard,
    { votes: [], problems: [reason] },
  ]);
  const known = shards.map((status): [number, ReplicatedData] => [status.shard, status]);
  return { source: file, time, shards: new Map([...known, ...others]) };
}
