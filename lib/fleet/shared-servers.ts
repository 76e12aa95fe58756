// What must hold between pools because a server that two of them have is one instance of Redis.

import { type Construct } from 'constructs';
import { refuse } from '../common/prop-errors';
import { type NutcrackerPool, type NutcrackerServer } from '../nutcracker';
import { sharedServer } from '../nutcracker/fleet-shards';
import { fileOf } from '../nutcracker/pool-file';

/** The shards of a fleet have one password, and so have its pools. The passwords themselves are not told. */
export function refuseOtherPasswords(scope: Construct, pools: readonly NutcrackerPool[]): void {
  const [first, ...others] = pools;
  const other = others.find(({ redisAuth }) => redisAuth !== first.redisAuth);
  if (other === undefined) return;
  const has = ({ name, redisAuth }: NutcrackerPool): string =>
    `${name} has ${redisAuth === undefined ? 'no redis_auth' : 'a redis_auth'}`;
  const what =
    first.redisAuth === undefined || other.redisAuth === undefined
      ? `pool ${has(first)}, and ${has(other)}`
      : `pools ${first.name} and ${other.name} have different redis_auth`;
  const shared = sharedServer(first, other);
  if (shared === undefined) {
    refuse(scope, `${what}, and all shards of a fleet have one password; make a fleet of each`);
  }
  const places = `${placeOf(first, shared.one)} and ${placeOf(other, shared.other)}`;
  refuse(
    scope,
    `${what}, but share ${shared.one.address} (${places}), which takes one password; correct the wrong one`,
  );
}

/** Once a server is fenced, every pool that has it is without it. */
export function refuseLeftBehind(scope: Construct, pools: readonly NutcrackerPool[]): void {
  for (const pool of pools) {
    const file = fileOf(pool);
    for (const other of file?.pools ?? []) {
      const shared = other.redis && !isAmong(pools, other) ? sharedServer(pool, other) : undefined;
      if (shared === undefined) continue;
      const places = `${placeOf(pool, shared.one)} and ${placeOf(other, shared.other)}`;
      const what = `pool ${other.name} of ${file?.name ?? 'its file'} shares ${shared.one.address} with pool ${pool.name} (${places})`;
      const remedy = `give both in pools, or take ${other.name} out of the file if nobody uses it`;
      refuse(scope, `${what}, and would get READONLY or MASTERDOWN from it once that has moved; ${remedy}`);
    }
  }
}

/** Whether it is one of them, or a changed copy of it is. */
function isAmong(pools: readonly NutcrackerPool[], other: NutcrackerPool): boolean {
  return pools.some((pool) => pool.name === other.name && sharedServer(pool, other) !== undefined);
}

function placeOf({ name }: NutcrackerPool, { line }: NutcrackerServer): string {
  return line === undefined ? `a server of ${name}` : `line ${line} for ${name}`;
}
