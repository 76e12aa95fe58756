// Checks of pools that share servers: a shared server is one Redis instance.

import { type Construct } from 'constructs';
import { refuse } from '../common/prop-errors';
import { type NutcrackerPool, type NutcrackerServer } from '../nutcracker';
import { sharedServer } from '../nutcracker/fleet-shards';
import { fileOf } from '../nutcracker/pool-file';

/** Refuses pools with different passwords: all shards of a fleet have one. Messages do not contain the passwords. */
export function refuseDifferentPasswords(scope: Construct, pools: readonly NutcrackerPool[]): void {
  const [first, ...others] = pools;
  const other = others.find(({ redisAuth }) => redisAuth !== first.redisAuth);
  if (other === undefined) return;
  const has = ({ name, redisAuth }: NutcrackerPool): string =>
    `${name} has ${redisAuth === undefined ? 'no redis_auth' : 'a redis_auth'}`;
  const problem =
    first.redisAuth === undefined || other.redisAuth === undefined
      ? `pool ${has(first)}, but ${has(other)}`
      : `pools ${first.name} and ${other.name} have different redis_auth`;
  const shared = sharedServer(first, other);
  if (shared === undefined) {
    refuse(scope, `${problem}, and all shards of a fleet have one password; make a fleet of each`);
  }
  const places = `${placeOf(first, shared.one)} and ${placeOf(other, shared.other)}`;
  refuse(
    scope,
    `${problem}, and they share ${shared.one.address} (${places}), which has one password; correct the wrong one`,
  );
}

/** Refuses a pool of the same file that shares a server but is not part of the fleet: the fence would cut it off. */
export function refuseOmittedPools(scope: Construct, pools: readonly NutcrackerPool[]): void {
  for (const pool of pools) {
    const file = fileOf(pool);
    for (const other of file?.pools ?? []) {
      const shared = other.redis && !isAmong(pools, other) ? sharedServer(pool, other) : undefined;
      if (shared === undefined) continue;
      const places = `${placeOf(pool, shared.one)} and ${placeOf(other, shared.other)}`;
      const problem = `pool ${other.name} of ${file?.name ?? 'its file'} shares ${shared.one.address} with pool ${pool.name} (${places})`;
      const remedy = `add both to pools, or remove ${other.name} from the file if it is unused`;
      refuse(scope, `${problem}, and would get READONLY or MASTERDOWN after the cutover; ${remedy}`);
    }
  }
}

/** Whether the pool, or a changed copy of it, is in the list. */
function isAmong(pools: readonly NutcrackerPool[], other: NutcrackerPool): boolean {
  return pools.some((pool) => pool.name === other.name && sharedServer(pool, other) !== undefined);
}

function placeOf({ name }: NutcrackerPool, { line }: NutcrackerServer): string {
  return line === undefined ? `a server of ${name}` : `line ${line} for ${name}`;
}
