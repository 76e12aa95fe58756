// The context of every command, and what they have in common.

import { outcomeOf, type Run } from '../../migrator/program/each-shard';
import { exitCodeOf } from '../../migrator/program/outcome';
import { type Result } from '../../migrator/program/run';
import { lockServer } from '../../migrator/shard/lock';
import { type ReshardPlan, type ReshardServer } from '../plan/plan';
import { Rings } from '../plan/rings';
import { type Access } from '../server/access';
import { Fleet } from '../server/fleet';

export interface Context extends Run<ReshardServer> {
  readonly plan: ReshardPlan;
  readonly planHash: string;
  readonly access: Access;
}

/** Runs a command for the fleet as a whole; the work returns what was done. */
export async function forFleet(
  context: Context,
  work: (fleet: Fleet, rings: Rings) => Promise<string>,
): Promise<Result> {
  // Rings change for the whole fleet, so the outcome of the first server stands for all.
  const outcome = await outcomeOf(context.plan.shards[0], async () => {
    const fleet = await Fleet.connect(context.plan, context.access);
    try {
      return await work(fleet, new Rings(context.plan, fleet.slots));
    } finally {
      fleet.close();
    }
  });
  const { code, message } = outcome;
  return {
    outcomes: [outcome],
    summary: { text: [message], json: { exitCode: exitCodeOf([outcome]), code, message } },
  };
}

/** One program changes the fleet at a time. */
export async function lockFleet(fleet: Fleet, { planHash }: Context): Promise<void> {
  await lockServer(fleet.lockHolder, planHash);
}
