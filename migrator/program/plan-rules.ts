// Rules for the fields of a plan: JSON with lists of objects.

import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as net from 'node:net';
import { UsageError } from './usage-error';

/** Reads a plan. Throws a UsageError with the file, the field, the value and the remedy. */
export function readPlanFile(
  file: string,
  name: string,
  problemsOf: (plan: Record<string, unknown>) => string[],
): unknown {
  let value: unknown;
  try {
    value = JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}; give the ${name} that the synth wrote`);
  }
  const problems = problemsOf(value as Record<string, unknown>);
  if (problems.length > 0) throw new UsageError(problems.map((problem) => `${file}: ${problem}`).join('\n'));
  return value;
}

/** Identifies the plan, so that programs can tell whether they have the same one. */
export function planHash(plan: object): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex').slice(0, 8);
}

/** Whether a plan is an object of this version. */
export function formatProblems(plan: Record<string, unknown>, name: string, version: number): string[] {
  if (!isObject(plan)) return [`is not a JSON object; give the ${name} that the synth wrote`];
  if (plan.version === version) return [];
  const remedy = 'use the version of cdk8s-twemproxy that wrote it';
  return [`version is ${JSON.stringify(plan.version)}, but this program reads ${version}; ${remedy}`];
}

export type Check = (value: unknown) => boolean;

export const isText: Check = (value) => typeof value === 'string' && value !== '';
export const isUser: Check = (value) => typeof value === 'string' && /^\S+$/.test(value);
export const isCount: Check = (value) => Number.isInteger(value) && (value as number) >= 1;
export const isOrdinal: Check = (value) => Number.isInteger(value) && (value as number) >= 0;
export const isAddress: Check = (value) => typeof value === 'string' && /^\S+:\d{1,5}$/.test(value);
export const isNetwork: Check = (value) =>
  typeof value === 'string' && /^[^/]+\/\d{1,3}$/.test(value) && net.isIP(value.split('/')[0]) !== 0;
export const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
export const orNothing =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

/** The requirement for each field of a plan, as a text that completes "write …". */
export type Rules = readonly (readonly [path: string, check: Check, remedy: string])[];

/** The errors in the fields of a plan. */
export function ruleProblems(plan: Record<string, unknown>, rules: Rules): string[] {
  return rules.flatMap(([path, check, remedy]) => problem(path, at(plan, path), check, remedy));
}

/** The requirements for the fields of a list's entries. */
export type EntryRules<T> = readonly (readonly [keyof T & string, Check, string])[];

/** An entry of a list, and its path. */
export interface Entry {
  readonly path: string;
  readonly value: Readonly<Record<string, unknown>>;
}

export function entriesOf(path: string, list: unknown): Entry[] {
  const entries = Array.isArray(list) ? (list as unknown[]) : [];
  return entries.map((value, i) => ({ path: `${path}[${i}]`, value: value as Entry['value'] }));
}

export function entryProblems<T>(entries: readonly Entry[], rules: EntryRules<T>): string[] {
  return entries.flatMap(({ path, value }) =>
    isObject(value)
      ? rules.flatMap(([key, check, remedy]) => problem(`${path}.${key}`, value[key], check, remedy))
      : [`${path} is ${JSON.stringify(value)}; write an object`],
  );
}

export function problem(path: string, value: unknown, check: Check, remedy: string): string[] {
  return check(value) ? [] : [`${path} is ${value === undefined ? 'missing' : JSON.stringify(value)}; write ${remedy}`];
}

export function at(plan: Record<string, unknown>, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], plan);
}

export function duplicates(entries: readonly Entry[], key: string): string[] {
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
