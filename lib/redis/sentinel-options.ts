// The options of the Sentinels of a fleet.

import { type Size } from 'cdk8s';
import { type Cpu } from 'cdk8s-plus-27';
import { type PodOptions } from '../common/pod-options';
import { type IShardStorage } from '../storage/i-shard-storage';

/** The options of Sentinels. */
export interface SentinelOptions extends PodOptions {
  /**
   * The image, with the programs that the shards' image has: redis-server or valkey-server contain Sentinel.
   * @default docker.io/library/redis:7.2.11-bookworm
   */
  readonly image?: string;

  /**
   * Memory of a Sentinel, both request and limit.
   * @default - 64 MiB, plus a quarter MiB for each shard
   */
  readonly memory?: Size;

  /**
   * The CPU request of a Sentinel.
   * @default Cpu.millis(100)
   */
  readonly cpu?: Cpu;

  /**
   * The CPU limit of a Sentinel.
   * @default - none; a throttled Sentinel takes live servers for dead ones
   */
  readonly cpuLimit?: Cpu;

  /**
   * Where a Sentinel keeps its state, a few kilobytes per shard. Without its state, it asks the servers.
   * @default - the shared volume of the shards, or a claim of 1 GiB of their StorageClass
   */
  readonly storage?: IShardStorage;
}
