// What a RedisStatefulSet asks of storage, and what it gets.

import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';

/** The StatefulSet whose pods want storage. */
export interface ShardStorageConsumer {
  /** The StatefulSet's name. */
  readonly name: string;
  /** How many pods it has. */
  readonly shards: number;
  /** What a claim template of the storage must be called. */
  readonly volumeName: string;
  /** Labels for what is made for it. */
  readonly labels: { [key: string]: string };
}

/** What a StatefulSet's pods mount. Exactly one of the two is given. */
export interface ShardVolume {
  /**
   * A volume that all pods share; each has a directory of its own in it.
   * @default - the claim template makes the volumes
   */
  readonly volume?: k8s.Volume;

  /**
   * From which the StatefulSet makes a claim for each ordinal.
   * @default - the volume is shared
   */
  readonly claimTemplate?: k8s.KubePersistentVolumeClaimProps;
}

/** Storage for the shards of a RedisStatefulSet. */
export interface IShardStorage {
  /**
   * Makes the objects that the storage needs, in `scope`, and says what to mount.
   * Errors name `scope` and what does not fit the consumer.
   */
  provision(scope: Construct, consumer: ShardStorageConsumer): ShardVolume;
}
