// Refuses the cutover of a shard before its writes are held.

import { type MovePlan } from '../../lib/migration/plan';
import { refusesWrites } from '../checks/data-checks';
import { firstFew, Networks, unexpectedClients } from '../redis/clients';
import { type HandOver } from '../shard/hand-over';
import { type Pair, type PairView } from '../shard/pair';
import { NotDurableError } from '../shard/roles';
import { RefusedError } from '../program/outcome';
import { refuseMissingRights } from './refuse-missing-rights';
import { refuseWatched } from './refuse-watched';

/** What the plan and the operator allow. */
interface Terms extends Pick<MovePlan, 'keepLegacyInSync' | 'proxyNetworks'> {
  readonly acceptVolatileFence: boolean;
  readonly allowUnexpectedClients: boolean;
}

/** Throws a RefusedError with the remedy. */
export async function refuseCutover(
  pair: Pair,
  { from, to }: HandOver,
  pairView: PairView,
  terms: Terms,
): Promise<void> {
  const { old, new: fresh } = pairView;
  await refuseMissingRights(pair, pairView, terms.keepLegacyInSync);
  await from.roles.checkDurable().catch((error: unknown) => {
    if (!(error instanceof NotDurableError)) throw error;
    if (terms.acceptVolatileFence) return;
    const remedy = 'a restart would remove the fence; fix this, or accept it with --accept-volatile-fence';
    throw new RefusedError(`${error.message}: ${remedy}`);
  });
  await to.roles.checkDurable();
  if (old?.isLoading) throw new RefusedError(`${pair.shard.old} is loading its data`);
  const full = fresh && refusesWrites(fresh.info);
  if (full !== undefined) throw new RefusedError(`${pair.shard.new}: ${full}`);
  await refuseWatched(pair);
  if (!terms.allowUnexpectedClients) await refuseUnexpectedClients(pair, terms.proxyNetworks);
}

async function refuseUnexpectedClients({ old, shard }: Pair, proxyNetworks: readonly string[]): Promise<void> {
  const found = await unexpectedClients(old, new Networks(proxyNetworks));
  if (found.length === 0) return;
  const remedy =
    'point them to the new proxies, add the network of the proxies to the plan, or accept them with --allow-unexpected-clients';
  throw new RefusedError(`unexpected clients are connected to ${shard.old}: ${firstFew(found)}; ${remedy}`);
}
