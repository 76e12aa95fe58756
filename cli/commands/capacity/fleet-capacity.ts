// The capacity of one fleet: its shards, the proposal, and what it needs of nodes and storage.

import { type NutcrackerPool } from '../../../lib/nutcracker';
import { addressesOf } from '../../input/fleet-info';
import { type ServerInfo } from '../../input/server-info';
import { diskBytes } from './disk';
import { daysUntil, growthBetween, isLater } from './growth';
import { buffersAt, peakAt } from './memory-model';
import { type Proposal, proposalFor, type ProposalOptions, type Shard } from './proposal';
import { dataOf, memoryOf } from './server-memory';

/** A shard, and where its server is. */
export interface MeasuredShard extends Shard {
  readonly address: string;
  readonly version: string;
  /** Whether it was restarted between two samples, so that its growth is not known. */
  readonly isRestarted: boolean;
}

export class FleetCapacity {
  readonly proposal: Proposal;

  /** @param samples one sample or two of each shard, by ordinal */
  static of(
    pools: readonly NutcrackerPool[],
    samples: readonly (readonly ServerInfo[])[],
    options: ProposalOptions,
  ): FleetCapacity {
    const shards = addressesOf(pools).map((address, ordinal) => shardOf(ordinal, address, samples));
    return new FleetCapacity(
      pools.map(({ name }) => name),
      shards,
      options,
    );
  }

  private constructor(
    readonly pools: readonly string[],
    readonly shards: readonly MeasuredShard[],
    readonly options: ProposalOptions,
  ) {
    this.proposal = proposalFor(shards, options);
  }

  /** The maxmemory of a shard in the proposal. */
  maxmemoryOf(ordinal: number): number {
    const { maxmemory, maxmemoryOfShard } = this.proposal;
    return maxmemoryOfShard.get(ordinal) ?? maxmemory;
  }

  /** Bytes on the disk of one server of each shard. */
  get disks(): number[] {
    return this.shards.map(({ ordinal, server }) => diskBytes(this.maxmemoryOf(ordinal), server.aofGrowth));
  }

  get json(): object {
    const { memory, maxmemory, maxmemoryOfShard, needs, memories, tooLarge, outliers } = this.proposal;
    return {
      pools: this.pools,
      shards: this.shards.map((shard, i) => ({
        ...shardJson(shard, this.maxmemoryOf(shard.ordinal)),
        needs: { maxmemory: needs[i], memory: Math.ceil(memories[i]), disk: this.disks[i] },
      })),
      proposal: { memory, maxmemory, maxmemoryOfShard: Object.fromEntries(maxmemoryOfShard), tooLarge, outliers },
    };
  }
}

function shardOf(ordinal: number, address: string, samples: readonly (readonly ServerInfo[])[]): MeasuredShard {
  const [first, second] = samples.map((sample): ServerInfo | undefined => sample[ordinal]);
  if (first === undefined) throw new Error('there is no sample');
  const info = second !== undefined && isLater(second, first) ? second : first;
  const growth = second && growthBetween(first, second);
  return {
    ordinal,
    address,
    version: info.text('redis_version'),
    server: memoryOf(info),
    growth,
    isRestarted: second !== undefined && growth === undefined,
  };
}

function shardJson({ ordinal, address, version, server, growth }: MeasuredShard, maxmemory: number): object {
  const data = dataOf(server);
  return {
    shard: ordinal,
    address,
    version,
    ...server,
    aofGrowth: Number.isFinite(server.aofGrowth) ? server.aofGrowth : undefined,
    replicaLimit: Number.isFinite(server.replicaLimit) ? server.replicaLimit : undefined,
    growth: growth && {
      ...growth,
      daysUntilFull: server.maxmemory === undefined ? undefined : daysUntil(data, server.maxmemory, growth),
      daysUntilProposalIsFull: daysUntil(data, maxmemory, growth),
    },
    peakAtMaxmemory: peakAt(server, maxmemory),
    buffersAtMaxmemory: buffersAt(server, maxmemory),
  };
}
