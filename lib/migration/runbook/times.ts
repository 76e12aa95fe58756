// How long the steps take: ranges around the measurements (bench/move.md, docs/faults.md), since clusters differ.

import { type RunbookInput } from './runbook-input';

/** To copy one gigabyte of a shard and write it to disk: with a fast disk, and with a slow disk or network. */
const SYNC_SECONDS_PER_GB = [17, 90] as const;

/** To cut over one shard: on idle machines, and on busy ones. */
const CUTOVER_SECONDS = [0.06, 0.5] as const;

/** To compare a thousand keys of a shard, the default of verify. */
const VERIFY_SECONDS = [0.5, 1.5] as const;
const VERIFY_CONCURRENCY = 4;

/** To start a pod: with the image on the node, and with a pull. */
const POD_SECONDS = [3, 30] as const;

type Range = readonly [number, number];

export function syncTime({ shards, oldHosts, syncsPerSourceHost, syncConcurrency }: RunbookInput): string {
  const atATime = Math.min(shards, syncConcurrency, oldHosts * syncsPerSourceHost);
  const rounds = Math.ceil(shards / atATime);
  const each = inWords(SYNC_SECONDS_PER_GB);
  const all = inWords(times(SYNC_SECONDS_PER_GB, rounds));
  return `${each} per GB of a shard, ${atATime} at a time: ${all} if each shard has 1 GB`;
}

export function cutoverTime({ shards, cutoverConcurrency }: RunbookInput): string {
  return inWords(plus(POD_SECONDS, times(CUTOVER_SECONDS, Math.ceil(shards / cutoverConcurrency))));
}

export function verifyTime({ shards }: RunbookInput): string {
  return inWords(plus(POD_SECONDS, times(VERIFY_SECONDS, Math.ceil(shards / VERIFY_CONCURRENCY))));
}

/** For a short Job that queries every server. */
export function lookTime({ shards }: RunbookInput): string {
  return inWords(plus(POD_SECONDS, [shards / 100, shards / 10]));
}

function times([low, high]: Range, factor: number): Range {
  return [low * factor, high * factor];
}

function plus(a: Range, b: Range): Range {
  return [a[0] + b[0], a[1] + b[1]];
}

/** `3 to 40 seconds`, `1 to 12 minutes`. */
function inWords([low, high]: Range): string {
  const [size, unit] = high < 100 ? [1, 'seconds'] : high < 6000 ? [60, 'minutes'] : [3600, 'hours'];
  const first = Math.max(1, Math.round(low / size));
  const last = Math.max(first + 1, Math.ceil(high / size));
  return `${first} to ${last} ${unit}`;
}
