// status: which ring serves, and what every server is.

import { ExitCode, type Outcome } from '../../migrator/program/outcome';
import { type Result } from '../../migrator/program/run';
import { ServerError } from '../../migrator/redis/server';
import { AbortedError } from '../../migrator/shard/hand-over';
import { type Epoch, EPOCHS, MEANING, stateOf } from '../server/epoch';
import { Fleet } from '../server/fleet';
import { type FleetShard } from '../server/shard';
import { type Context } from './context';

export async function status({ plan, access }: Context): Promise<Result> {
  const fleet = await Fleet.connect(plan, access);
  try {
    const epochs = await fleet.epochs();
    const state = stateOf(epochs[0], epochs.slice(1).flat());
    const servers = (
      await Promise.all(fleet.shards.map((shard, i) => Promise.all(epochs[i].map((epoch, n) => row(shard, n, epoch)))))
    ).flat();
    const problem = await clusterProblem(fleet);
    const isSettled = state.startsWith('serves') && !epochs.flat().includes('unreachable') && problem === undefined;
    const code = isSettled ? ExitCode.DONE : state === 'mixed' ? ExitCode.REFUSED : ExitCode.INCOMPLETE;
    const outcome: Outcome = { shard: plan.shards[0].shard, code, message: MEANING[state] };
    const text = [
      ...servers.map(({ shard, host, port, role, epoch, keys }) =>
        [
          `server ${String(shard).padStart(4)}  ${host}:${port}  ${epoch}`,
          keys === undefined ? EPOCHS[epoch] : `${String(role)} with ${keys} keys`,
        ].join(', '),
      ),
      ...(problem === undefined ? [] : [problem]),
      `${state}: ${MEANING[state]}`,
    ];
    const json = { exitCode: code, fleet: plan.fleet, state, servers, ...(problem !== undefined && { problem }) };
    return { outcomes: [outcome], summary: { text, json } };
  } finally {
    fleet.close();
  }
}

/** Why nothing can move to the Redis Cluster or from it now. */
async function clusterProblem(fleet: Fleet): Promise<string | undefined> {
  try {
    await fleet.checkCluster();
    return undefined;
  } catch (error) {
    if (error instanceof ServerError || error instanceof AbortedError) return error.message;
    throw error;
  }
}

/** A server of a shard, by its place in the plan. */
interface Row {
  readonly shard: number;
  readonly host: string;
  readonly port: number;
  readonly epoch: Epoch;
  readonly role?: 'master' | 'replica';
  readonly keys?: number;
}

async function row({ ordinal, addresses, found }: FleetShard, place: number, epoch: Epoch): Promise<Row> {
  const server = found[place];
  const { host, port } = addresses[place];
  const where = { shard: ordinal, host, port, epoch };
  if (server instanceof ServerError) return where;
  const role = server.role.isMaster ? 'master' : 'replica';
  return { ...where, role, keys: Number(await server.redis.call('DBSIZE')) };
}
