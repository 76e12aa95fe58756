// Reads and validates plan.json.

import { HASH_FUNCTIONS } from '../lib/nutcracker/hashes';
import {
  type MovePlan,
  PLAN_VERSION,
  type PlannedPool,
  type PlannedServer,
  type PlannedShard,
} from '../lib/migration/plan';
import {
  duplicates,
  entriesOf,
  type Entry,
  entryProblems,
  type EntryRules,
  formatProblems,
  isAddress,
  isCount,
  isNetwork,
  isObject,
  isOrdinal,
  isText,
  isUser,
  listOf,
  orNothing,
  readPlanFile,
  ruleProblems,
  type Rules,
} from './program/plan-rules';

/** Throws a UsageError with the file, the field, the value and the remedy. */
export function readPlan(file: string): MovePlan {
  return readPlanFile(file, 'plan.json', problemsOf) as MovePlan;
}

const isFlag = (value: unknown): boolean => typeof value === 'boolean';

/** The requirement for each field, as a text that completes "write …". */
const RULES: Rules = [
  ['fleet', isText, 'the name of the fleet'],
  ['pools', (value) => Array.isArray(value) && value.length > 0, 'a list of pools'],
  ['sync.concurrency', isCount, 'a whole number from 1'],
  ['sync.perSourceHost', isCount, 'a whole number from 1'],
  ['cutover.concurrency', isCount, 'a whole number from 1'],
  ['cutover.deadlineMs', isCount, 'milliseconds'],
  ['keepLegacyInSync', isFlag, 'true or false'],
  ['proxyNetworks', listOf(isNetwork), 'a list of networks such as "10.0.0.0/8"'],
  ['oldUser', orNothing(isUser), 'the name of a user of the old servers, without spaces, or nothing'],
  ['tls', orNothing(isObject), 'an object, or nothing'],
  ['tls.new', orNothing(isFlag), 'true or false'],
  ['tls.old', orNothing(isFlag), 'true or false'],
  ['tls.oldName', orNothing(isText), 'the name in the certificates of the old servers, or nothing'],
  ['shards', (value) => Array.isArray(value) && value.length > 0, 'a list of shards'],
];

const POOL_RULES: EntryRules<PlannedPool> = [
  ['name', isText, 'its name in nutcracker.yml'],
  ['hash', (value) => Object.keys(HASH_FUNCTIONS).includes(String(value)), 'a hash of nutcracker'],
  ['distribution', (value) => value === 'ketama' || value === 'modula', 'ketama or modula'],
  ['hashTag', orNothing((value) => typeof value === 'string' && value.length === 2), 'two characters, or nothing'],
  ['database', isOrdinal, 'a whole number from 0'],
];

const SHARD_RULES: EntryRules<PlannedShard> = [
  ['shard', isOrdinal, 'its ordinal'],
  ['servers', (value) => Array.isArray(value) && value.length > 0, 'a list of its servers on the rings of the pools'],
  ['old', isAddress, 'host:port'],
  ['new', isAddress, 'host:port'],
  ['newForOld', orNothing(isAddress), 'host:port, or nothing'],
];

const SERVER_RULES: EntryRules<PlannedServer> = [
  ['pool', isText, 'the name of a pool'],
  ['ringName', isText, 'its name on the ring'],
  ['weight', isCount, 'a whole number from 1'],
];

/** The errors in a plan, each with the field, the value and the remedy. */
export function problemsOf(plan: Record<string, unknown>): string[] {
  const format = formatProblems(plan, 'plan.json', PLAN_VERSION);
  if (format.length > 0) return format;
  const pools = entriesOf('pools', plan.pools);
  const shards = entriesOf('shards', plan.shards);
  const servers = shards.flatMap(({ path, value }) => entriesOf(`${path}.servers`, value.servers));
  return [
    ...ruleProblems(plan, RULES),
    ...entryProblems(pools, POOL_RULES),
    ...duplicates(pools, 'name'),
    ...entryProblems(shards, SHARD_RULES),
    ...(['shard', 'old', 'new'] as const).flatMap((key) => duplicates(shards, key)),
    ...entryProblems(servers, SERVER_RULES),
    ...poolProblems(pools, servers),
  ];
}

/** Every server is in a pool of the plan, its name is unique on the pool's ring, and no ring is empty. */
function poolProblems(pools: readonly Entry[], servers: readonly Entry[]): string[] {
  const names = pools.map(({ value }) => value.name);
  const unknown = servers.filter(({ value }) => isText(value.pool) && !names.includes(value.pool));
  return [
    ...unknown.map(({ path, value }) => `${path}.pool is ${JSON.stringify(value.pool)}; write a pool of the plan`),
    ...names.flatMap((name, i) => {
      const members = servers.filter(({ value }) => isObject(value) && value.pool === name);
      return members.length === 0
        ? [`pools[${i}] has no shard; add one, or remove the pool`]
        : duplicates(members, 'ringName');
    }),
  ];
}
