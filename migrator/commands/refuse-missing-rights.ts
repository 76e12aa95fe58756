// Refuses a step that would fail half-way because a user of the old server lacks rights.

import { missingRightsAdvice, missingRights } from '../redis/rights';
import { type Pair, type PairView, versionOf } from '../shard/pair';
import { RefusedError } from '../program/outcome';

/** The rights that the user of the old server lacks, with the remedy; undefined if it has them all. */
export async function missingRightsOf(
  pair: Pair,
  { old }: PairView,
  keepLegacyInSync: boolean,
): Promise<string | undefined> {
  if (old !== undefined && !versionOf(old).hasUsers) return undefined;
  const missing = await missingRights(pair.old, keepLegacyInSync);
  return missing.length === 0 ? undefined : missingRightsAdvice(pair.old, missing);
}

/** Throws RefusedError. */
export async function refuseMissingRights(pair: Pair, pairView: PairView, keepLegacyInSync: boolean): Promise<void> {
  const lack = await missingRightsOf(pair, pairView, keepLegacyInSync);
  if (lack !== undefined) throw new RefusedError(lack);
}
