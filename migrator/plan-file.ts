// Reads and validates plan.json.

import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as net from 'node:net';
import { HASH_FUNCTIONS } from '../lib/nutcracker/hashes';
import {
  type MovePlan,
  PLAN_VERSION,
  type PlannedPool,
  type PlannedServer,
  type PlannedShard,
} from '../lib/migration/plan';

/** The plan or the command line is wrong. */
export class UsageError extends Error {}

/** Throws a UsageError with the file, the field, the value and the remedy. */
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

/** Identifies the plan, so that migrators can tell whether they have the same one. */
export function planHash(plan: MovePlan): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex').slice(0, 8);
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isUser: Check = (value) => typeof value === 'string' && /^\S+$/.test(value);
const isCount: Check = (value) => Number.isInteger(value) && (value as number) >= 1;
const isOrdinal: Check = (value) => Number.isInteger(value) && (value as number) >= 0;
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

/** The requirement for each field, as a text that completes "write …". */
const RULES: readonly (readonly [path: string, check: Check, remedy: string])[] = [
  ['fleet', isText, 'the name of the fleet'],
  ['pools', (value) => Array.isArray(value) && value.length > 0, 'a list of pools'],
  ['sync.concurrency', isCount, 'a whole number from 1'],
  ['sync.perSourceHost', isCount, 'a whole number from 1'],
  ['cutover.concurrency', isCount, 'a whole number from 1'],
  ['cutover.deadlineMs', isCount, 'milliseconds'],
  ['keepLegacyInSync', (value) => typeof value === 'boolean', 'true or false'],
  ['proxyNetworks', listOf(isNetwork), 'a list of networks such as "10.0.0.0/8"'],
  ['oldUser', orNothing(isUser), 'the name of a user of the old servers, without spaces, or nothing'],
  ['shards', (value) => Array.isArray(value) && value.length > 0, 'a list of shards'],
];

/** The requirements for the fields of a list's entries. */
type EntryRules<T> = readonly (readonly [keyof T & string, Check, string])[];

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
  if (!isObject(plan)) return ['is not a JSON object; give the plan.json that the synth wrote'];
  if (plan.version !== PLAN_VERSION) {
    const remedy = 'use the version of cdk8s-twemproxy that wrote it';
    return [`version is ${JSON.stringify(plan.version)}, but this program reads ${PLAN_VERSION}; ${remedy}`];
  }
  const pools = entriesOf('pools', plan.pools);
  const shards = entriesOf('shards', plan.shards);
  const servers = shards.flatMap(({ path, value }) => entriesOf(`${path}.servers`, value.servers));
  return [
    ...RULES.flatMap(([path, check, remedy]) => problem(path, at(plan, path), check, remedy)),
    ...entryProblems(pools, POOL_RULES),
    ...duplicates(pools, 'name'),
    ...entryProblems(shards, SHARD_RULES),
    ...(['shard', 'old', 'new'] as const).flatMap((key) => duplicates(shards, key)),
    ...entryProblems(servers, SERVER_RULES),
    ...poolProblems(pools, servers),
  ];
}

/** An entry of a list, and its path. */
interface Entry {
  readonly path: string;
  readonly value: Readonly<Record<string, unknown>>;
}

function entriesOf(path: string, list: unknown): Entry[] {
  const entries = Array.isArray(list) ? (list as unknown[]) : [];
  return entries.map((value, i) => ({ path: `${path}[${i}]`, value: value as Entry['value'] }));
}

function entryProblems<T>(entries: readonly Entry[], rules: EntryRules<T>): string[] {
  return entries.flatMap(({ path, value }) =>
    isObject(value)
      ? rules.flatMap(([key, check, remedy]) => problem(`${path}.${key}`, value[key], check, remedy))
      : [`${path} is ${JSON.stringify(value)}; write an object`],
  );
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

function problem(path: string, value: unknown, check: Check, remedy: string): string[] {
  return check(value) ? [] : [`${path} is ${value === undefined ? 'missing' : JSON.stringify(value)}; write ${remedy}`];
}

function at(plan: Record<string, unknown>, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], plan);
}

function duplicates(entries: readonly Entry[], key: string): string[] {
  const seen = new Map<unknown, string>();
  return entries.flatMap(({ path, value: entry }) => {
    const value = isObject(entry) ? entry[key] : undefined;
    const first = seen.get(value);
    seen.set(value, first ?? path);
    return first === undefined || value === undefined
      ? []
      : [`${path}.${key} is ${JSON.stringify(value)}, the same as in ${first}; make them different`];
  });
}
