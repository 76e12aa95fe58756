// Whether Sentinel monitors a server of a shard, which must end before a role changes.

import { type Pair } from './pair';
import { type RedisServer } from '../redis/server';
import { sentinelAdvice, watchOf } from '../redis/sentinels';

/** A message with the remedy for each server of the pair that Sentinels monitor. */
export async function watchedBy(pair: Pair): Promise<string[]> {
  const found = await Promise.all(pair.reached.map(watched));
  return found.flat();
}

async function watched(server: RedisServer): Promise<string[]> {
  const watch = await watchOf(server);
  return watch === undefined ? [] : [sentinelAdvice(server.address, watch)];
}
