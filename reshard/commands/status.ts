// status: which ring serves, and what every server is.

import { ExitCode, type Outcome } from '../../migrator/program/outcome';
import { type Result } from '../../migrator/program/run';
import { ServerError } from '../../migrator/redis/server';
import { EPOCHS, MEANING, stateOf } from '../server/epoch';
import { Fleet } from '../server/fleet';
import { type Context } from './context';

export async function status({ plan, access }: Context): Promise<Result> {
  const fleet = await Fleet.connect(plan, access);
  try {
    const epochs = await fleet.epochs();
    const state = stateOf(epochs);
    const keys = await Promise.all(
      fleet.found.map(async (one) => (one instanceof ServerError ? undefined : Number(await one.redis.call('DBSIZE')))),
    );
    const servers = plan.shards.map(({ shard, host }, i) => ({ shard, host, epoch: epochs[i], keys: keys[i] }));
    const isSettled = state.startsWith('serves') && !epochs.includes('unreachable');
    const code = isSettled ? ExitCode.DONE : state === 'mixed' ? ExitCode.REFUSED : ExitCode.INCOMPLETE;
    const outcome: Outcome = { shard: plan.shards[0].shard, code, message: MEANING[state] };
    const text = [
      ...servers.map(({ shard, host, epoch, keys: count }) =>
        [
          `server ${String(shard).padStart(4)}  ${host}  ${epoch}`,
          count === undefined ? EPOCHS[epoch] : `${count} keys`,
        ].join(', '),
      ),
      `${state}: ${MEANING[state]}`,
    ];
    return { outcomes: [outcome], summary: { text, json: { exitCode: code, fleet: plan.fleet, state, servers } } };
  } finally {
    fleet.close();
  }
}
