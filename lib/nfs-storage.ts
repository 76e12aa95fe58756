// A directory that an NFS server exports, as a PersistentVolume and a claim that are bound to each other only.

import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkProps } from './common/check-props';
import { checkSubdomain, refuse } from './common/prop-errors';
import { recommendedLabels } from './common/labels';
import { type IShardStorage, type ShardStorageConsumer, type ShardVolume } from './storage/i-shard-storage';
import { type NfsVolumeOptions, nfsVolume } from './storage/nfs-volume';

/** An NFS export, and the names of its volume and claim. */
export interface NfsStorageProps extends NfsVolumeOptions {
  /** The name of the PersistentVolumeClaim. */
  readonly claimName: string;

  /**
   * The name of the PersistentVolume, which is the cluster's and not the namespace's.
   * @default - `claimName`
   */
  readonly volumeName?: string;

  /** The NFS server's name or address, as the nodes see it. */
  readonly server: string;

  /** The exported directory, from the root of the server. */
  readonly path: string;

  /**
   * More labels for both, which win over the recommended ones.
   * @default - none
   */
  readonly labels?: { [key: string]: string };
}

/**
 * A volume on an NFS export. Every shard that mounts it gets a directory of its own. The export must be writable for the
 * user of the Redis pods: with `root_squash`, `chown 999:999` its directory on the server.
 *
 * The underlying objects are `volume` and `claim`; change them with `addJsonPatch`.
 */
export class NfsStorage extends Construct implements IShardStorage {
  /** The PersistentVolume. */
  readonly volume: k8s.KubePersistentVolume;
  /** The PersistentVolumeClaim. */
  readonly claim: k8s.KubePersistentVolumeClaim;

  constructor(scope: Construct, id: string, props: NfsStorageProps) {
    super(scope, id);
    checkProps(this, 'NfsStorageProps', props);
    const { capacity, claimName, volumeName = claimName } = props;
    const identity = { program: 'nfs', instance: claimName, component: 'storage', partOf: claimName };
    const labels = { ...recommendedLabels(identity), ...props.labels };
    checkSubdomain(this, 'claimName', claimName);
    this.volume = nfsVolume(this, 'volume', { ...props, volumeName, labels });
    this.claim = new k8s.KubePersistentVolumeClaim(this, 'claim', {
      metadata: { name: claimName, labels },
      spec: {
        accessModes: ['ReadWriteMany'],
        storageClassName: '',
        volumeName,
        resources: { requests: { storage: k8s.Quantity.fromString(capacity.asString()) } },
      },
    });
  }

  /** Has the pods mount the claim under the volume name that the consumer wants. Throws if they are in another namespace. */
  provision(scope: Construct, consumer: ShardStorageConsumer): ShardVolume {
    const { namespace } = Chart.of(this);
    if (Chart.of(scope).namespace !== namespace) {
      const where = namespace === undefined ? 'without a namespace' : `in namespace ${namespace}`;
      refuse(scope, `storage is ${this.node.path}, ${where}; pods mount only claims of their own namespace`);
    }
    return { volume: { name: consumer.volumeName, persistentVolumeClaim: { claimName: this.claim.name } } };
  }
}
