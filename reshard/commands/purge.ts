// purge: deletes the copies on the servers of the other ring. After it, `return` is not possible.

import { type Result } from '../../migrator/program/run';
import { deleteCopies } from '../move/foreign-keys';
import { nameOf } from '../plan/plan';
import { type Context, forFleet, lockFleet } from './context';

export function purge(context: Context, deleteOrphans: boolean): Promise<Result> {
  return forFleet(context, async (fleet, rings) => {
    await lockFleet(fleet, context);
    const serving = await fleet.recover((text) => {
      context.report.note(text);
    });
    await fleet.checkCluster();
    return `${nameOf(serving)} serves; ${await deleteCopies(fleet, rings, serving, deleteOrphans)} copies deleted`;
  });
}
