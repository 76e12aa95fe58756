// The Redis Cluster of a plan: its shards as they were when this program connected, and whether they are still the same.

import { RedisServer, ServerError } from '../../migrator/redis/server';
import { RefusedError } from '../../migrator/program/outcome';
import { AbortedError } from '../../migrator/shard/hand-over';
import { type PlannedCluster, type ReshardAddress } from '../plan/plan';
import { NO_OWNER, type SlotOwners, SLOTS } from '../plan/slots';
import { type Access } from './access';
import { NODE_USERS } from './ring-users';
import { FleetServer } from './server';
import { FleetShard } from './shard';
import { type ClusterNode, Topology } from './topology';

/** What a node of the plan says, and where it is. */
interface View {
  readonly seed: ReshardAddress;
  readonly topology: Topology;
  /** Whether its clients use the host names of nodes. */
  readonly usesNames: boolean;
}

export class Cluster {
  /** Reads the cluster from the first node that answers. @param next the ordinal of its first shard */
  static async connect({ cluster }: PlannedCluster, next: number, access: Access): Promise<Cluster> {
    const found = await Promise.all(cluster.map((seed) => viewOf(seed, access)));
    const views = found.filter((one): one is View => !(one instanceof ServerError));
    if (views.length === 0) return Cluster.unreachable(cluster, next, found as ServerError[]);
    const [{ topology }] = views;
    const other = views.find(({ topology: { self } }) => !topology.nodes.some(({ id }) => id === self?.id));
    const shards = await Promise.all(
      topology.shards.map((nodes, i) => {
        const addresses = nodes.map((node) => addressOf(node, views));
        return FleetShard.connect(next + i, addresses, NODE_USERS, access);
      }),
    );
    const problem =
      other === undefined ? undefined : new AbortedError(`${text(other.seed)} is in another Redis Cluster`);
    return new Cluster(shards, topology, problem);
  }

  private static unreachable(seeds: PlannedCluster['cluster'], next: number, errors: ServerError[]): Cluster {
    const shards = seeds.map((seed, i) => FleetShard.unreachable(next + i, seed, errors[i]));
    const refused = errors.find(({ isPermanent }) => isPermanent);
    const reasons = errors.map(({ message }) => message).join('; ');
    const problem = `no node of b.cluster in the plan answers as one of a Redis Cluster: ${reasons}; start one, or name others`;
    return new Cluster(shards, undefined, refused ?? new AbortedError(problem));
  }

  private constructor(
    readonly shards: readonly FleetShard[],
    private readonly topology: Topology | undefined,
    private readonly failure: Error | undefined,
  ) {}

  /** The ordinal of the shard of each slot. */
  get slots(): SlotOwners {
    const owners = new Array<number>(SLOTS).fill(NO_OWNER);
    for (const [i, [master]] of (this.topology?.shards ?? []).entries()) {
      for (const [from, to] of master.ranges) owners.fill(this.shards[i].ordinal, from, to + 1);
    }
    return owners;
  }

  /** Checks that every node is in order, and agrees with what was read when this program connected. Throws an AbortedError or a ServerError. */
  async check(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    await Promise.all(this.shards.flatMap(({ servers }) => servers).map((server) => this.checkNode(server)));
  }

  /** Refuses a cluster that has keys, and whose clients may use them: they would be locked out. Throws a RefusedError. */
  async refuseClients(): Promise<void> {
    await Promise.all(
      this.shards.map(async ({ complete: server }) => {
        const isOpen = ['serves B', 'serves both'].includes(await server.epoch());
        const keys = Number(await server.redis.call('DBSIZE'));
        if (!isOpen || keys === 0) return;
        throw new RefusedError(
          `${server.redis.address}: ${keys} keys are in the Redis Cluster, and its clients would be locked out; empty it, or name another one`,
        );
      }),
    );
  }

  private async checkNode({ redis }: FleetServer): Promise<void> {
    const [nodes, info] = await redis.all([
      ['CLUSTER', 'NODES'],
      ['CLUSTER', 'INFO'],
    ]);
    const fail = (problem: string): never => {
      throw new AbortedError(`Redis Cluster, seen by ${redis.address}: ${problem}; then run this again`);
    };
    const now = Topology.parse(String(nodes));
    if (now.problem !== undefined) fail(now.problem);
    if (now.summary !== this.topology?.summary) {
      fail('its slots or its nodes have changed, or its nodes do not agree about them; wait until they do');
    }
    if (!String(info).includes('cluster_state:ok')) fail('its state is not ok; see CLUSTER INFO');
  }
}

async function viewOf(seed: ReshardAddress, access: Access): Promise<View | ServerError> {
  let redis: RedisServer | undefined;
  try {
    redis = await RedisServer.connect(text(seed), access);
    const topology = Topology.parse(String(await redis.call('CLUSTER', 'NODES')));
    return { seed, topology, usesNames: (await redis.setting('cluster-preferred-endpoint-type')) === 'hostname' };
  } catch (error) {
    if (error instanceof ServerError) return error;
    throw error;
  } finally {
    redis?.close();
  }
}

/** Where to connect to a node: where its clients do. A node that does not know its address is where the plan says. */
function addressOf({ id, address, hostname }: ClusterNode, views: readonly View[]): ReshardAddress {
  const [{ usesNames }] = views;
  if (usesNames && hostname !== undefined) return { host: hostname, port: address.port };
  if (address.host !== '') return address;
  return views.find(({ topology: { self } }) => self?.id === id)?.seed ?? address;
}

function text({ host, port }: ReshardAddress): string {
  return `${host}:${port}`;
}
