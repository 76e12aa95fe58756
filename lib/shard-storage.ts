// The ways to store the data of shards, each behind IShardStorage.

import { type Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { checkOneOf, refuse } from './common/prop-errors';
import { SHARD_LABEL } from './common/labels';
import { NfsStorage } from './nfs-storage';
import { checkArguments } from './nutcracker/checked-arguments';
import { type IShardStorage, type ShardStorageConsumer, type ShardVolume } from './storage/i-shard-storage';
import { type NfsVolumeOptions, nfsVolume } from './storage/nfs-volume';

/** An NFS export that all shards share. */
export interface NfsShardStorageProps extends NfsVolumeOptions {
  /** The NFS server's name or address. */
  readonly server: string;
  /** The exported directory. */
  readonly path: string;

  /**
   * The name of the claim.
   * @default - the name of the StatefulSet
   */
  readonly claimName?: string;

  /**
   * The name of the volume. Volumes are the cluster's: two fleets of one name, in two namespaces, must not share it.
   * @default - `claimName`
   */
  readonly volumeName?: string;
}

/** An exported directory for one shard. */
export interface NfsExport {
  /** The NFS server's name or address. */
  readonly server: string;
  /** The exported directory. */
  readonly path: string;
  /** How much fits in it. */
  readonly capacity: Size;
}

/** NFS exports, one for each shard. */
export interface NfsVolumePerShardProps {
  /** The exported directory of each shard, by ordinal. */
  readonly exports: NfsExport[];

  /**
   * The beginning of the names of the volumes, which are the cluster's; the ordinal follows.
   * @default - the name of the StatefulSet
   */
  readonly volumeName?: string;

  /**
   * Options of the mounts.
   * @default - `hard`, NFS 4.1, `noatime`
   */
  readonly mountOptions?: string[];
}

/** Claims that a StorageClass fills. */
export interface ClaimTemplateProps {
  /** What each shard asks for. */
  readonly capacity: Size;

  /**
   * The class that makes the volumes.
   * @default - the cluster's default class
   */
  readonly storageClassName?: string;

  /**
   * Who may mount a volume: ReadWriteOnce (one node), ReadWriteOncePod (one pod) or ReadWriteMany.
   * @default ReadWriteOnce
   */
  readonly accessMode?: string;
}

/** Space on the node. */
export interface EmptyDirProps {
  /**
   * How much a shard may write before it is evicted.
   * @default - as much as the node has
   */
  readonly sizeLimit?: Size;
}

/** The ways to store the data of shards. `NfsStorage` itself is one more, for a volume made elsewhere. */
export class ShardStorage {
  /** One NFS volume for all shards, a directory for each. The volume and its claim are named like the StatefulSet. */
  static nfs(props: NfsShardStorageProps): IShardStorage {
    checkArguments('ShardStorage.nfs', props);
    return {
      provision: (scope, consumer) =>
        new NfsStorage(scope, 'nfs', { claimName: consumer.name, ...props, labels: consumer.labels }).provision(
          scope,
          consumer,
        ),
    };
  }

  /** One static NFS volume for each ordinal, bound to that ordinal's claim and to nothing else. */
  static nfsVolumePerShard(props: NfsVolumePerShardProps): IShardStorage {
    checkArguments('ShardStorage.nfsVolumePerShard', props);
    return { provision: (scope, consumer) => provisionVolumePerShard(scope, props, consumer) };
  }

  /** A claim for each ordinal, which a StorageClass fills. Deleting or shrinking the StatefulSet keeps the claims. */
  static claimTemplate(props: ClaimTemplateProps): IShardStorage {
    checkArguments('ShardStorage.claimTemplate', props);
    const { capacity, accessMode = 'ReadWriteOnce', storageClassName } = props;
    return {
      provision: (scope, consumer) => {
        checkOneOf(scope, 'accessMode', accessMode, ['ReadWriteOnce', 'ReadWriteOncePod', 'ReadWriteMany']);
        return { claimTemplate: claimTemplate(consumer, capacity, accessMode, storageClassName) };
      },
    };
  }

  /** The node's own disk: a shard's data ends with its pod. For test environments only. */
  static emptyDir(props: EmptyDirProps = {}): IShardStorage {
    checkArguments('ShardStorage.emptyDir', props);
    const sizeLimit = props.sizeLimit && k8s.Quantity.fromString(props.sizeLimit.asString());
    return { provision: (_scope, consumer) => ({ volume: { name: consumer.volumeName, emptyDir: { sizeLimit } } }) };
  }

  private constructor() {
    // only static factories
  }
}

function provisionVolumePerShard(
  scope: Construct,
  props: NfsVolumePerShardProps,
  consumer: ShardStorageConsumer,
): ShardVolume {
  const { exports, mountOptions } = props;
  if (exports.length !== consumer.shards) {
    refuse(
      scope,
      `exports lists ${exports.length} directories for ${consumer.shards} shards; list one for each ordinal`,
    );
  }
  exports.forEach((nfs, ordinal) => {
    nfsVolume(scope, `volume-${ordinal}`, {
      ...nfs,
      mountOptions,
      volumeName: `${props.volumeName ?? consumer.name}-${ordinal}`,
      claimName: `${consumer.volumeName}-${consumer.name}-${ordinal}`,
      labels: { ...consumer.labels, [SHARD_LABEL]: String(ordinal) },
    });
  });
  // One template serves all ordinals, and a claim binds a volume that is larger than what it asks for.
  const smallest = exports.reduce((a, b) => (a.capacity.toKibibytes() < b.capacity.toKibibytes() ? a : b)).capacity;
  return { claimTemplate: claimTemplate(consumer, smallest, 'ReadWriteMany', '') };
}

function claimTemplate(
  consumer: ShardStorageConsumer,
  capacity: Size,
  accessMode: string,
  storageClassName?: string,
): k8s.KubePersistentVolumeClaimProps {
  return {
    // No labels: a template cannot be changed, and the StatefulSet's selector is put on its claims anyway.
    metadata: { name: consumer.volumeName },
    spec: {
      accessModes: [accessMode],
      storageClassName,
      resources: { requests: { storage: k8s.Quantity.fromString(capacity.asString()) } },
    },
  };
}
