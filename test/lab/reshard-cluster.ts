// A fleet whose keys move to a Redis Cluster: real servers behind nutcrackers, as they are before the change.

import { type Redis } from 'ioredis';
import { Distribution, HashType } from '../../lib/nutcracker';
import { type ReshardServer, type RingId } from '../../reshard/plan/plan';
import { LabCluster } from './cluster';
import { readDataset } from './dataset';
import { freePorts, type Lab, type Program } from './lab';
import { LabReshard, PASSWORD, USER } from './reshard';

export interface LabReshardClusterProps {
  /** The number of shards of the ring. */
  readonly shards: number;
  /** @default false */
  readonly shardsHaveReplicas?: boolean;
  readonly masters: number;
  /** @default 0 */
  readonly replicasPerMaster?: number;
}

export class LabReshardCluster extends LabReshard {
  static async create(lab: Lab, props: LabReshardClusterProps): Promise<LabReshardCluster> {
    const { shards: count, shardsHaveReplicas = false, ...nodes } = props;
    const ports = await freePorts(2 * count);
    const shards = ports.slice(0, count).map((port, shard) => ({
      shard,
      host: '127.0.0.1',
      port,
      ...(shardsHaveReplicas && { replica: { host: '127.0.0.1', port: ports[count + shard] } }),
    }));
    const cluster = LabCluster.create(lab, { password: PASSWORD, user: USER, ...nodes });
    const fleet = new LabReshardCluster(lab, shards, await cluster);
    await Promise.all(shards.map(({ shard }) => fleet.startServer(shard)));
    if (shardsHaveReplicas) {
      await Promise.all(shards.map(({ shard }) => fleet.startServer(shard, 'b')));
      await fleet.replicated();
    }
    return fleet;
  }

  private constructor(
    lab: Lab,
    shards: readonly ReshardServer[],
    readonly cluster: LabCluster,
  ) {
    super(lab, {
      version: 2,
      fleet: 'lab',
      user: USER,
      shards,
      a: {
        user: 'default',
        hash: HashType.MURMUR,
        distribution: Distribution.KETAMA,
        servers: shards.map(({ shard }) => ({ shard, name: `server${shard}`, weight: 1 })),
      },
      // Not all of them: it names the others.
      b: { cluster: cluster.ports.slice(0, 2).map((port) => ({ host: '127.0.0.1', port })) },
    });
  }

  /** Starts a nutcracker that logs in to the shards as every nutcracker does. */
  async startPlainProxy(): Promise<Program> {
    const [port] = await freePorts(1);
    const ports = new Map(this.plan.shards.map((one) => [one.shard, one.port]));
    const program = await this.startNutcracker('a', port, () => ports);
    this.proxyPorts.push(port);
    return program;
  }

  override async contents(keys: readonly string[], ring: RingId): Promise<Record<string, unknown>> {
    if (ring === 'a') return super.contents(keys, ring);
    return this.cluster.withClient((client) => readDataset(client as unknown as Redis, keys));
  }
}
