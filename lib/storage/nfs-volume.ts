// A PersistentVolume on an NFS export.

import { Chart, JsonPatch, type Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { checkSubdomain, refuseValue } from '../common/prop-errors';
import { pathProblem, serverProblem } from '../common/kubernetes-values';

/** `hard` waits for a server that is gone instead of failing a write of Redis; 4.1 has the locks that start.sh takes. */
const MOUNT_OPTIONS = ['hard', 'nfsvers=4.1', 'noatime'];

/** What a user may choose about a volume on an NFS export. */
export interface NfsVolumeOptions {
  /** How much fits in the directory; Kubernetes compares it with claims and enforces nothing. */
  readonly capacity: Size;

  /**
   * Options of the mount.
   * @default - `hard`, `nfsvers=4.1`, `noatime`
   */
  readonly mountOptions?: string[];
}

export interface NfsVolumeProps extends NfsVolumeOptions {
  readonly volumeName: string;
  readonly claimName: string;
  readonly server: string;
  readonly path: string;
  readonly labels?: { [key: string]: string };
}

/**
 * A PersistentVolume that only the named claim of the chart's namespace can bind. Without a namespace in the chart, that
 * is the claim in `default`: `kubectl -n` with another one leaves the claim pending, and its events say why.
 */
export function nfsVolume(scope: Construct, id: string, props: NfsVolumeProps): k8s.KubePersistentVolume {
  checkSubdomain(scope, 'volumeName', props.volumeName);
  refuseValue(scope, 'path', props.path, pathProblem(props.path));
  refuseValue(scope, 'server', props.server, serverProblem(props.server));
  const { namespace } = Chart.of(scope);
  const volume = new k8s.KubePersistentVolume(scope, id, {
    metadata: { name: props.volumeName, labels: props.labels },
    spec: {
      accessModes: ['ReadWriteMany'],
      capacity: { storage: k8s.Quantity.fromString(props.capacity.asString()) },
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: '',
      mountOptions: props.mountOptions ?? MOUNT_OPTIONS,
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        namespace: namespace ?? 'default',
        name: props.claimName,
      },
      nfs: { server: props.server, path: props.path },
    },
  });
  // A volume is the cluster's, but cdk8s stamps the chart's namespace on everything.
  if (namespace !== undefined) volume.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
  return volume;
}
