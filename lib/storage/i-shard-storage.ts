// The interface between a RedisStatefulSet and its storage.

import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';

/** The StatefulSet that needs storage. */
export interface ShardStorageConsumer {
  /** The StatefulSet's name. */
  readonly name: string;
  /** The number of its pods. */
  readonly shards: number;
  /** The required name of the volume or claim template. */
  readonly volumeName: string;
  /** Labels for the created objects. */
  readonly labels: { [key: string]: string };
}

/** What the pods mount. Exactly one of the two must be set. */
export interface ShardVolume {
  /**
   * A volume shared by all pods; each has its own directory in it.
   * @default - `claimTemplate` is set
   */
  readonly volume?: k8s.Volume;

  /**
   * The template from which the StatefulSet creates a claim for each ordinal.
   * @default - `volume` is set
   */
  readonly claimTemplate?: k8s.KubePersistentVolumeClaimProps;
}

/** Storage for the shards of a RedisStatefulSet. */
export interface IShardStorage {
  /**
   * Creates the objects of the storage in `scope`, and returns what the pods mount. Errors should name `scope` and the prop that
   * does not fit the consumer.
   */
  provision(scope: Construct, consumer: ShardStorageConsumer): ShardVolume;
}
