// An NFS export as a PersistentVolume and a claim, bound to each other.

import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkProps } from './common/check-props';
import { checkSubdomain, refuse } from './common/prop-errors';
import { recommendedLabels } from './common/labels';
import { type IShardStorage, type ShardStorageConsumer, type ShardVolume } from './storage/i-shard-storage';
import { type NfsVolumeOptions, nfsVolume } from './storage/nfs-volume';

/** The props of NfsStorage: an NFS export, and the names of its volume and claim. */
export interface NfsStorageProps extends NfsVolumeOptions {
  /** The name of the PersistentVolumeClaim. */
  readonly claimName: string;

  /**
   * The name of the PersistentVolume, which is cluster-scoped.
   * @default - `claimName`
   */
  readonly volumeName?: string;

  /** The name or address of the NFS server, as the nodes resolve it. */
  readonly server: string;

  /** The absolute path of the exported directory. */
  readonly path: string;

  /**
   * Additional labels for both objects. They override the recommended labels.
   * @default - none
   */
  readonly labels?: { [key: string]: string };
}

/**
 * A volume on an NFS export. Every shard that mounts it gets its own directory. The user of the Redis pods must be able to
 * write to the export: with `root_squash`, `chown 999:999` its directory on the server.
 *
 * Patch the underlying objects, `volume` and `claim`, with `addJsonPatch`.
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

  /** Mounts the claim under the consumer's volume name. Throws if the consumer is in another namespace. */
  provision(scope: Construct, consumer: ShardStorageConsumer): ShardVolume {
    const { namespace } = Chart.of(this);
    if (Chart.of(scope).namespace !== namespace) {
      const where = namespace === undefined ? 'without a namespace' : `in namespace ${namespace}`;
      refuse(scope, `storage is ${this.node.path}, ${where}; pods can mount only claims of their own namespace`);
    }
    return { volume: { name: consumer.volumeName, persistentVolumeClaim: { claimName: this.claim.name } } };
  }
}
