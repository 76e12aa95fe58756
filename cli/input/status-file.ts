// Reads the output of `status --json` of the migrator.

import { refuse } from '../../lib/nutcracker/config-error';
import { MEANING } from '../../migrator/shard/shard-state';
import { type ShardStatus } from '../../migrator/commands/status';
import { type Input } from './pools';
import { type ShardData } from './report-data';
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
  skippedIn,
  type StatusOutput,
} from './status-output';

/** A status that is not yet matched to a pool. */
export interface StatusFile extends Pick<StatusOutput, 'file' | 'line' | 'time'> {
  readonly shards: readonly ShardStatus[];
  /** The shards that the migrator skipped, and why. */
  readonly skipped: ReadonlyMap<number, string>;
}

const REMEDY = 'give the output of `migrator.mjs status --plan plan.json --json`';

export async function readStatus(given: string, input: Input): Promise<StatusFile> {
  const output = await readStatusOutput(given, input, REMEDY, ({ shards, fleet }) =>
    fleet === undefined ? shardProblems(shards, RULES) : [],
  );
  const { file, line, time, summary } = output;
  if (summary.fleet !== undefined) {
    const because = 'it is the status of the failover program';
    refuse({ file, line, because, remedy: 'give it with --failover-status' });
  }
  const shards = summary.shards as ShardStatus[];
  return { file, line, time, shards, skipped: skippedIn(output, shards) };
}

const RULES: Readonly<Record<keyof ShardStatus, Check>> = {
  shard: isCount,
  servers: listOf((it) => isObject(it) && isText(it.pool) && isText(it.ringName)),
  old: isText,
  new: isText,
  state: (value) => isText(value) && Object.hasOwn(MEANING, value as string),
  keys: optional(isCount),
  lag: optional(isNumber),
  isHeld: (value) => typeof value === 'boolean',
  silence: optional(isText),
  others: optional(listOf(isText)),
  advice: optional(isText),
};

/** The shards of a status, by ordinal. */
export function shardData({ shards, skipped }: StatusFile): ReadonlyMap<number, ShardData> {
  const others = [...skipped].map(([shard, silence]): [number, ShardData] => [shard, { isHeld: false, silence }]);
  const known = shards.map((status): [number, ShardData] => [status.shard, status]);
  return new Map([...known, ...others].sort(([a], [b]) => a - b));
}
