// Reads and validates replicas.json.

import { REPLICA_PLAN_VERSION, type ReplicaPlan, type ReplicatedShard } from '../lib/failover/replica-plan';
import {
  duplicates,
  entriesOf,
  entryProblems,
  type EntryRules,
  formatProblems,
  isAddress,
  isCount,
  isObject,
  isOrdinal,
  isText,
  orNothing,
  readPlanFile,
  ruleProblems,
  type Rules,
} from '../migrator/program/plan-rules';

/** Throws a UsageError with the file, the field, the value and the remedy. */
export function readPlan(file: string): ReplicaPlan {
  return readPlanFile(file, 'replicas.json', problemsOf) as ReplicaPlan;
}

const RULES: Rules = [
  ['fleet', isText, 'the name of the fleet'],
  [
    'sentinels',
    (value) => Array.isArray(value) && value.length > 0 && value.every(isAddress),
    'a list of Sentinels, each as host:port',
  ],
  ['shards', (value) => Array.isArray(value) && value.length > 0, 'a list of shards'],
];

const SHARD_RULES: EntryRules<ReplicatedShard> = [
  ['shard', isOrdinal, 'its ordinal'],
  ['a', isAddress, 'host:port'],
  ['b', isAddress, 'host:port'],
  [
    'otherPorts',
    orNothing(
      (value) => isObject(value) && ['a', 'b'].every((side) => isCount((value as Record<string, unknown>)[side])),
    ),
    'the other ports of both servers, such as {"a": 6389, "b": 6390}',
  ],
];

/** The errors in a plan, each with the field, the value and the remedy. */
function problemsOf(plan: Record<string, unknown>): string[] {
  const format = formatProblems(plan, 'replicas.json', REPLICA_PLAN_VERSION);
  if (format.length > 0) return format;
  const shards = entriesOf('shards', plan.shards);
  return [
    ...ruleProblems(plan, RULES),
    ...entryProblems(shards, SHARD_RULES),
    ...(['shard', 'a', 'b'] as const).flatMap((key) => duplicates(shards, key)),
  ];
}
