// Reads and validates passwords.json.

import { PASSWORD_PLAN_VERSION, type PasswordPlan, type ShardServers } from '../lib/passwords/password-plan';
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
  listOf,
  orNothing,
  readPlanFile,
  ruleProblems,
  type Rules,
} from '../migrator/program/plan-rules';

/** Throws a UsageError with the file, the field, the value and the remedy. */
export function readPlan(file: string): PasswordPlan {
  return readPlanFile(file, 'passwords.json', problemsOf) as PasswordPlan;
}

const RULES: Rules = [
  ['fleet', isText, 'the name of the fleet'],
  ['proxyPort', isCount, 'the port of the proxies'],
  ['proxyTls', orNothing(isObject), 'an object, or nothing'],
  ['proxyTls.serverName', orNothing(isText), 'the name in the certificates of the proxies'],
  ['sentinels', listOf(isAddress), 'a list of Sentinels, each as host:port'],
  ['shards', (value) => Array.isArray(value) && value.length > 0, 'a list of shards'],
];

const SHARD_RULES: EntryRules<ShardServers> = [
  ['shard', isOrdinal, 'its ordinal'],
  [
    'servers',
    (value) => listOf(isAddress)(value) && (value as unknown[]).length > 0,
    'a list of servers, each as host:port',
  ],
];

/** The errors in a plan, each with the field, the value and the remedy. */
function problemsOf(plan: Record<string, unknown>): string[] {
  const format = formatProblems(plan, 'passwords.json', PASSWORD_PLAN_VERSION);
  if (format.length > 0) return format;
  const shards = entriesOf('shards', plan.shards);
  return [...ruleProblems(plan, RULES), ...entryProblems(shards, SHARD_RULES), ...duplicates(shards, 'shard')];
}
