// No step begins that an old server would refuse half-way, for want of rights.

import { lacking, missingRights } from '../redis/rights';
import { type Pair, type Sight, versionOf } from '../shard/pair';
import { Refused } from './outcome';

/** What the user of the old server lacks, and the remedy, if it lacks anything. */
export async function lackOf(pair: Pair, { old }: Sight, keepLegacyInSync: boolean): Promise<string | undefined> {
  if (old !== undefined && !versionOf(old).hasUsers) return undefined;
  const missing = await missingRights(pair.old, keepLegacyInSync);
  return missing.length === 0 ? undefined : lacking(pair.old, missing);
}

/** Throws Refused. */
export async function refuseLacking(pair: Pair, sight: Sight, keepLegacyInSync: boolean): Promise<void> {
  const lack = await lackOf(pair, sight, keepLegacyInSync);
  if (lack !== undefined) throw new Refused(lack);
}
