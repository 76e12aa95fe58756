// Reads how far a move is: what the migrator prints with `status --json`, a JSON object a line.

import { refuse, refuseAny } from '../../lib/nutcracker/config-error';
import { MEANING } from '../../migrator/shard/shard-state';
import { type ShardStatus } from '../../migrator/commands/status';
import { type Input } from './pools';
import { type ShardData } from './report-data';

/** A status, not yet compared with a pool. */
export interface StatusFile {
  readonly file: string;
  /** The line of the summary. */
  readonly line: number;
  readonly time: string;
  readonly shards: readonly ShardStatus[];
  /** Shards that could not be asked, and why. */
  readonly left: ReadonlyMap<number, string>;
}

const REMEDY = 'give what `migrator.mjs status --plan plan.json --json` printed';

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
      because: 'it has no summary, which is the last line of a status that came to its end',
      remedy: REMEDY,
    });
  }
  const { line, value } = summary;
  refuseAny(problemsOf(value).map((because) => ({ file, line, because, remedy: REMEDY })));
  const shards = value.shards as ShardStatus[];
  return { file, line, time: value.time as string, shards, left: leftIn(lines, shards) };
}

function parse(text: string, file: string, line: number): Line['value'] {
  const because = (why: string): never => refuse({ file, line, because: `${excerpt(text)} ${why}`, remedy: REMEDY });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return because('is not JSON');
  }
  return isObject(value) ? value : because('is no JSON object');
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isPlaces: Check = (value) =>
  Array.isArray(value) && value.every((it: unknown) => isObject(it) && isText(it.pool) && isText(it.ringName));
const isCount: Check = (value) => Number.isInteger(value) && (value as number) >= 0;
const orNothing =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const RULES: Readonly<Record<keyof ShardStatus, Check>> = {
  shard: isCount,
  servers: isPlaces,
  old: isText,
  new: isText,
  state: (value) => isText(value) && Object.hasOwn(MEANING, value as string),
  keys: orNothing(isCount),
  lag: orNothing((value) => typeof value === 'number'),
  isHeld: (value) => typeof value === 'boolean',
  silence: orNothing(isText),
  others: orNothing((value) => Array.isArray(value) && value.every(isText)),
  advice: orNothing(isText),
};

function problemsOf({ time, shards }: Line['value']): string[] {
  if (!isText(time) || Number.isNaN(Date.parse(time as string))) return [`time is ${shown(time)}, and no time`];
  if (!Array.isArray(shards)) return ['the summary has no shards: it is that of another command'];
  return shards.flatMap((shard: unknown, i) => {
    if (!isObject(shard)) return [`shards[${i}] is ${shown(shard)}, and no shard`];
    const wrong = Object.entries(RULES).filter(([key, check]) => !check(shard[key]));
    return wrong.map(([key]) => `shards[${i}].${key} is ${shown(shard[key])}, which no status says`);
  });
}

/** Shards without a place in the summary, because a server refused the password, for one. */
function leftIn(lines: readonly Line[], shards: readonly ShardStatus[]): Map<number, string> {
  const seen = new Set(shards.map(({ shard }) => shard));
  return new Map(
    lines.flatMap(({ value: { kind, state, shard, detail } }): [number, string][] => {
      const isLeft = kind === 'progress' && state === 'skipped' && isCount(shard) && !seen.has(shard as number);
      return isLeft ? [[shard as number, String(detail)]] : [];
    }),
  );
}

/** The shards of a status, by ordinal. */
export function shardData({ shards, left }: StatusFile): ReadonlyMap<number, ShardData> {
  const silent = [...left].map(([shard, silence]): [number, ShardData] => [shard, { isHeld: false, silence }]);
  const seen = shards.map((status): [number, ShardData] => [status.shard, status]);
  return new Map([...seen, ...silent].sort(([a], [b]) => a - b));
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
