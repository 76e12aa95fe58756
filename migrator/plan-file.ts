// Reads plan.json, and says what is wrong with one.

import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as net from 'node:net';
import { HASH_FUNCTIONS } from '../lib/nutcracker/hashes';
import { type MovePlan, PLAN_VERSION, type PlannedShard } from '../lib/migration/plan';

/** The plan or the command line is wrong. */
export class UsageError extends Error {}

/** Throws a UsageError that names the file, the place, the value, and the remedy. */
export function readPlan(file: string): MovePlan {
  let value: unknown;
  try {
    value = JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}; give the plan.json that the synth wrote`);
  }
  const problems = problemsOf(value as Record<string, unknown>);
  if (problems.length > 0) throw new UsageError(problems.map((problem) => `${file}: ${problem}`).join('\n'));
  return value as MovePlan;
}

/** By what migrators see whether they have the same plan. */
export function planHash(plan: MovePlan): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex').slice(0, 8);
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isCount: Check = (value) => Number.isInteger(value) && (value as number) >= 1;
const isAddress: Check = (value) => typeof value === 'string' && /^\S+:\d{1,5}$/.test(value);
const isNetwork: Check = (value) =>
  typeof value === 'string' && /^[^/]+\/\d{1,3}$/.test(value) && net.isIP(value.split('/')[0]) !== 0;
const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const orNothing =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

/** What each place has to be, in words that complete "write …". */
const RULES: readonly (readonly [path: string, check: Check, remedy: string])[] = [
  ['fleet', isText, 'the name of the fleet'],
  ['ring.hash', (value) => Object.keys(HASH_FUNCTIONS).includes(String(value)), 'a hash of nutcracker'],
  ['ring.distribution', (value) => value === 'ketama' || value === 'modula', 'ketama or modula'],
  ['ring.hashTag', orNothing((value) => typeof value === 'string' && value.length === 2), 'two characters, or nothing'],
  ['sync.concurrency', isCount, 'a whole number from 1'],
  ['sync.perSourceHost', isCount, 'a whole number from 1'],
  ['cutover.concurrency', isCount, 'a whole number from 1'],
  ['cutover.deadlineMs', isCount, 'milliseconds'],
  ['keepLegacyInSync', (value) => typeof value === 'boolean', 'true or false'],
  ['proxyNetworks', listOf(isNetwork), 'a list of networks such as "10.0.0.0/8"'],
  [
    'renamedCommands',
    (value) => isObject(value) && Object.values(value as object).every(isText),
    'an object of names such as {"CONFIG": "ITS-NEW-NAME"}',
  ],
  ['shards', (value) => Array.isArray(value) && value.length > 0, 'a list of shards'],
];

const SHARD_RULES: readonly (readonly [keyof PlannedShard, Check, string])[] = [
  ['shard', (value) => Number.isInteger(value) && (value as number) >= 0, 'its ordinal'],
  ['ringName', isText, 'the name by which the ring knows it'],
  ['weight', isCount, 'a whole number from 1'],
  ['old', isAddress, 'host:port'],
  ['new', isAddress, 'host:port'],
  ['newForOld', orNothing(isAddress), 'host:port, or nothing'],
];

/** What is wrong with it: the place, the value, and the remedy. */
export function problemsOf(plan: Record<string, unknown>): string[] {
  if (!isObject(plan)) return ['is no JSON object; give the plan.json that the synth wrote'];
  if (plan.version !== PLAN_VERSION) {
    const remedy = 'run the migrator of the version of cdk8s-twemproxy that wrote it';
    return [`version is ${JSON.stringify(plan.version)}, and this program knows ${PLAN_VERSION}; ${remedy}`];
  }
  const wrong = RULES.flatMap(([path, check, remedy]) => problem(path, at(plan, path), check, remedy));
  if (!Array.isArray(plan.shards)) return wrong;
  const shards = plan.shards as Record<string, unknown>[];
  return [
    ...wrong,
    ...shards.flatMap((shard, i) =>
      isObject(shard)
        ? SHARD_RULES.flatMap(([key, check, remedy]) => problem(`shards[${i}].${key}`, shard[key], check, remedy))
        : [`shards[${i}] is ${JSON.stringify(shard)}; write an object`],
    ),
    ...(['shard', 'ringName', 'old', 'new'] as const).flatMap((key) => twins(shards, key)),
  ];
}

function problem(path: string, value: unknown, check: Check, remedy: string): string[] {
  return check(value) ? [] : [`${path} is ${value === undefined ? 'missing' : JSON.stringify(value)}; write ${remedy}`];
}

function at(plan: Record<string, unknown>, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], plan);
}

function twins(shards: readonly Record<string, unknown>[], key: string): string[] {
  const seen = new Map<unknown, number>();
  return shards.flatMap((shard, i) => {
    const value = isObject(shard) ? shard[key] : undefined;
    const first = seen.get(value);
    seen.set(value, first ?? i);
    return first === undefined || value === undefined
      ? []
      : [`shards[${i}].${key} is ${JSON.stringify(value)}, which shards[${first}] has as well; give each its own`];
  });
}
