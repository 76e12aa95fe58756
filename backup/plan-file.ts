// Reads and validates backup.json.

import { BACKUP_PLAN_VERSION, type BackedUpShard, type BackupPlan } from '../lib/backup/backup-plan';
import {
  duplicates,
  entriesOf,
  entryProblems,
  type EntryRules,
  formatProblems,
  isAddress,
  isObject,
  isOrdinal,
  isText,
  listOf,
  orNothing,
  readPlanFile,
  ruleProblems,
  type Rules,
} from '../migrator/program/plan-rules';

/** Throws a UsageError with the file, the field, the value and the remedy. */
export function readPlan(file: string): BackupPlan {
  return readPlanFile(file, 'backup.json', problemsOf) as BackupPlan;
}

const RULES: Rules = [
  ['fleet', (value) => typeof value === 'string' && /^[\w.-]*\w[\w.-]*$/.test(value), 'the name of the fleet'],
  ['ring', isText, 'the fingerprint of the rings'],
  ['sentinels', listOf(isAddress), 'a list of Sentinels, each as host:port'],
  ['pools', orNothing(listOf(isObject)), 'a list of pools, or nothing'],
  ['shards', (value) => Array.isArray(value) && value.length > 0, 'a list of shards'],
];

const SHARD_RULES: EntryRules<BackedUpShard> = [
  ['shard', isOrdinal, 'its ordinal'],
  ['names', listOf(isText), 'its names on the rings'],
  ['a', isAddress, 'host:port'],
  ['b', orNothing(isAddress), 'host:port'],
  ['servers', orNothing(listOf(isObject)), 'a list of its servers on the rings of the pools, or nothing'],
  ['directories', orNothing(listOf(isRelative)), 'a list of directories below that of the old files, or nothing'],
];

/** A path that stays below its directory. */
function isRelative(value: unknown): boolean {
  return isText(value) && !String(value).startsWith('/') && !String(value).split('/').includes('..');
}

/** The errors in a plan, each with the field, the value and the remedy. */
function problemsOf(plan: Record<string, unknown>): string[] {
  const format = formatProblems(plan, 'backup.json', BACKUP_PLAN_VERSION);
  if (format.length > 0) return format;
  const shards = entriesOf('shards', plan.shards);
  return [
    ...ruleProblems(plan, RULES),
    ...entryProblems(shards, SHARD_RULES),
    ...(['shard', 'a', 'b'] as const).flatMap((key) => duplicates(shards, key)),
  ];
}
