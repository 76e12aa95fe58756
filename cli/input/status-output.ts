// Reads the output of `status --json` of a program of the Jobs: one JSON object per line, the last one is the summary.

import { refuse, refuseAny } from '../../lib/nutcracker/config-error';
import { type Input } from './pools';

/** The output of a status. */
export interface StatusOutput {
  readonly file: string;
  /** The line number of the summary. */
  readonly line: number;
  readonly time: string;
  readonly summary: JsonObject;
  readonly lines: readonly Line[];
}

export type JsonObject = Readonly<Record<string, unknown>>;

interface Line {
  readonly line: number;
  readonly value: JsonObject;
}

/** Throws if the file is not the complete output of a status, or if `problemsOf` finds problems in its summary. */
export async function readStatusOutput(
  given: string,
  input: Input,
  remedy: string,
  problemsOf: (summary: JsonObject) => readonly string[],
): Promise<StatusOutput> {
  const { name: file, bytes } = await input.whole(given);
  const lines = Buffer.from(bytes)
    .toString()
    .split('\n')
    .flatMap((text, i) => (text.trim() === '' ? [] : [{ line: i + 1, value: parse(text, file, i + 1, remedy) }]));
  const last = lines.filter(({ value }) => value.kind === 'summary').at(-1);
  if (last === undefined) {
    refuse({ file, because: 'it has no summary, the last line of a complete status', remedy });
  }
  const { line, value: summary } = last;
  const { time } = summary;
  const problems =
    isText(time) && !Number.isNaN(Date.parse(time as string))
      ? problemsOf(summary)
      : [`time is ${shown(time)}, not a valid time`];
  refuseAny(problems.map((because) => ({ file, line, because, remedy })));
  return { file, line, time: time as string, summary, lines };
}

function parse(text: string, file: string, line: number, remedy: string): JsonObject {
  const fail = (why: string): never => refuse({ file, line, because: `${excerpt(text)} ${why}`, remedy });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail('is not JSON');
  }
  return isObject(value) ? value : fail('is not a JSON object');
}

/** A check of a field of a shard. */
export type Check = (value: unknown) => boolean;

export const isText: Check = (value) => typeof value === 'string';
export const isCount: Check = (value) => Number.isInteger(value) && (value as number) >= 0;
export const isNumber: Check = (value) => typeof value === 'number';
export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

/** The fields in the list of shards that their rules refuse. */
export function shardProblems(shards: unknown, rules: Readonly<Record<string, Check>>): string[] {
  if (!Array.isArray(shards)) return ['the summary has no shards; it is from another command'];
  return shards.flatMap((shard: unknown, i) => {
    if (!isObject(shard)) return [`shards[${i}] is ${shown(shard)}, not a shard`];
    const wrong = Object.entries(rules).filter(([key, check]) => !check(shard[key]));
    return wrong.map(([key]) => `shards[${i}].${key} is ${shown(shard[key])}, not a valid value`);
  });
}

/** The shards that are not in the summary, for example because a server refused the password; with the reason. */
export function skippedIn(
  { lines }: Pick<StatusOutput, 'lines'>,
  shards: readonly { readonly shard: number }[],
): Map<number, string> {
  const known = new Set(shards.map(({ shard }) => shard));
  return new Map(
    lines.flatMap(({ value: { kind, state, shard, detail } }): [number, string][] => {
      const isSkipped = kind === 'progress' && state === 'skipped' && isCount(shard) && !known.has(shard as number);
      return isSkipped ? [[shard as number, String(detail)]] : [];
    }),
  );
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function shown(value: unknown): string {
  return value === undefined ? 'missing' : excerpt(JSON.stringify(value));
}

function excerpt(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
