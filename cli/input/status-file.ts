// Reads the output of `status --json` of the migrator: one JSON object per line.

import { refuse, refuseAny } from '../../lib/nutcracker/config-error';
import { MEANING } from '../../migrator/shard/shard-state';
import { type ShardStatus } from '../../migrator/commands/status';
import { type Input } from './pools';
import { type ShardData } from './report-data';

/** A status that is not yet matched to a pool. */
export interface StatusFile {
  readonly file: string;
  /** The line number of the summary. */
  readonly line: number;
  readonly time: string;
  readonly shards: readonly ShardStatus[];
  /** The shards that the migrator skipped, and why. */
  readonly skipped: ReadonlyMap<number, string>;
}

const REMEDY = 'give the output of `migrator.mjs status --plan plan.json --json`';

interface Line {
  readonly line: number;
  readonly value: Readonly<Record<string, unknown>>;
}

export async function readStatus(given: string, input: Input): Promise<StatusFile> {
  const { name: file, bytes } = await input.whole(given);
  const lines = Buffer.from(bytes)
    .toString()
    .split('\n')
    .flatMap((text, i) => (text.trim() === '' ? [] : [{ line: i + 1, value: parse(text, file, i + 1) }]));
  const summary = lines.filter(({ value }) => value.kind === 'summary').at(-1);
  if (summary === undefined) {
    refuse({
      file,
      because: 'it has no summary, the last line of a complete status',
      remedy: REMEDY,
    });
  }
  const { line, value } = summary;
  refuseAny(problemsOf(value).map((because) => ({ file, line, because, remedy: REMEDY })));
  const shards = value.shards as ShardStatus[];
  return { file, line, time: value.time as string, shards, skipped: skippedIn(lines, shards) };
}

function parse(text: string, file: string, line: number): Line['value'] {
  const fail = (why: string): never => refuse({ file, line, because: `${excerpt(text)} ${why}`, remedy: REMEDY });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail('is not JSON');
  }
  return isObject(value) ? value : fail('is not a JSON object');
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isServers: Check = (value) =>
  Array.isArray(value) && value.every((it: unknown) => isObject(it) && isText(it.pool) && isText(it.ringName));
const isCount: Check = (value) => Number.isInteger(value) && (value as number) >= 0;
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const RULES: Readonly<Record<keyof ShardStatus, Check>> = {
  shard: isCount,
  servers: isServers,
  old: isText,
  new: isText,
  state: (value) => isText(value) && Object.hasOwn(MEANING, value as string),
  keys: optional(isCount),
  lag: optional((value) => typeof value === 'number'),
  isHeld: (value) => typeof value === 'boolean',
  silence: optional(isText),
  others: optional((value) => Array.isArray(value) && value.every(isText)),
  advice: optional(isText),
};

function problemsOf({ time, shards }: Line['value']): string[] {
  if (!isText(time) || Number.isNaN(Date.parse(time as string))) return [`time is ${shown(time)}, not a valid time`];
  if (!Array.isArray(shards)) return ['the summary has no shards; it is from another command'];
  return shards.flatMap((shard: unknown, i) => {
    if (!isObject(shard)) return [`shards[${i}] is ${shown(shard)}, not a shard`];
    const wrong = Object.entries(RULES).filter(([key, check]) => !check(shard[key]));
    return wrong.map(([key]) => `shards[${i}].${key} is ${shown(shard[key])}, not a valid value`);
  });
}

/** The shards that are not in the summary, for example because a server refused the password. */
function skippedIn(lines: readonly Line[], shards: readonly ShardStatus[]): Map<number, string> {
  const known = new Set(shards.map(({ shard }) => shard));
  return new Map(
    lines.flatMap(({ value: { kind, state, shard, detail } }): [number, string][] => {
      const isSkipped = kind === 'progress' && state === 'skipped' && isCount(shard) && !known.has(shard as number);
      return isSkipped ? [[shard as number, String(detail)]] : [];
    }),
  );
}

/** The shards of a status, by ordinal. */
export function shardData({ shards, skipped }: StatusFile): ReadonlyMap<number, ShardData> {
  const others = [...skipped].map(([shard, silence]): [number, ShardData] => [shard, { isHeld: false, silence }]);
  const known = shards.map((status): [number, ShardData] => [status.shard, status]);
  return new Map([...known, ...others].sort(([a], [b]) => a - b));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : excerpt(JSON.stringify(value));
}

function excerpt(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
