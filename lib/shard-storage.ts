// The kinds of storage for shards.

import { type Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { checkOneOf, refuse } from './common/prop-errors';
import { SHARD_LABEL } from './common/labels';
import { NfsStorage } from './nfs-storage';
import { checkArguments } from './nutcracker/checked-arguments';
import { type IShardStorage, type ShardStorageConsumer, type ShardVolume } from './storage/i-shard-storage';
import { type NfsVolumeOptions, nfsVolume } from './storage/nfs-volume';

/** An NFS export shared by all shards. */
export interface NfsShardStorageProps extends NfsVolumeOptions {
  /** The name or address of the NFS server. */
  readonly server: string;
  /** The absolute path of the exported directory. */
  readonly path: string;

  /**
   * The name of the claim.
   * @default - the name of the StatefulSet
   */
  readonly claimName?: string;

  /**
   * The name of the volume. Volumes are cluster-scoped: two fleets of the same name, in two namespaces, need different volume
   * names.
   * @default - `claimName`
   */
  readonly volumeName?: string;
}

/** An NFS export for one shard. */
export interface NfsExport {
  /** The name or address of the NFS server. */
  readonly server: string;
  /** The absolute path of the exported directory. */
  readonly path: string;
  /** The capacity of the volume. */
  readonly capacity: Size;
}

/** NFS exports, one for each shard. */
export interface NfsVolumePerShardProps {
  /** The export of each shard, by ordinal. */
  readonly exports: NfsExport[];

  /**
   * The prefix of the volume names: `<volumeName>-<ordinal>`. Volumes are cluster-scoped.
   * @default - the name of the StatefulSet
   */
  readonly volumeName?: string;

  /**
   * The mount options.
   * @default - `hard`, `nfsvers=4.1`, `noatime`
   */
  readonly mountOptions?: string[];
}

/** Claims provisioned by a StorageClass. */
export interface ClaimTemplateProps {
  /** The requested size of each claim. */
  readonly capacity: Size;

  /**
   * The StorageClass.
   * @default - the cluster's default StorageClass
   */
  readonly storageClassName?: string;

  /**
   * The access mode: ReadWriteOnce (one node), ReadWriteOncePod (one pod) or ReadWriteMany.
   * @default ReadWriteOnce
   */
  readonly accessMode?: string;
}

/** A directory on the node. */
export interface EmptyDirProps {
  /**
   * The size above which a shard is evicted.
   * @default - limited only by the node's disk
   */
  readonly sizeLimit?: Size;
}

/** The kinds of storage for shards. To share an NFS volume between fleets, use `NfsStorage`. */
export class ShardStorage {
  /** One NFS volume for all shards, with a directory for each. Volume and claim have the name of the StatefulSet. */
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

  /** One static NFS volume for each ordinal, bound to the claim of that ordinal only. */
  static nfsVolumePerShard(props: NfsVolumePerShardProps): IShardStorage {
    checkArguments('ShardStorage.nfsVolumePerShard', props);
    return { provision: (scope, consumer) => provisionVolumePerShard(scope, props, consumer) };
  }

  /** A claim for each ordinal, provisioned by a StorageClass. Deleting or scaling down the StatefulSet keeps the claims. */
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

  /** A directory on the node that is deleted with the pod. For test environments only. */
  static emptyDir(props: EmptyDirProps = {}): IShardStorage {
    checkArguments('ShardStorage.emptyDir', props);
    const sizeLimit = props.sizeLimit && k8s.Quantity.fromString(props.sizeLimit.asString());
    return { provision: (_scope, consumer) => ({ volume: { name: consumer.volumeName, emptyDir: { sizeLimit } } }) };
  }

  private constructor() {
    // Static factories only.
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
      `exports has ${exports.length} entries for ${consumer.shards} shards; list one export for each shard`,
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
  // One template serves all ordinals; a claim can bind to a larger volume than it requests.
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
    // No labels: the template is immutable, and the StatefulSet adds its selector labels to the claims.
    metadata: { name: consumer.volumeName },
    spec: {
      accessModes: [accessMode],
      storageClassName,
      resources: { requests: { storage: k8s.Quantity.fromString(capacity.asString()) } },
    },
  };
}
