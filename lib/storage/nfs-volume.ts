// A PersistentVolume on an NFS export.

import { Chart, JsonPatch, type Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { checkSubdomain, refuseValue } from '../common/prop-errors';
import { pathProblem, serverProblem } from '../common/kubernetes-values';

/** `hard`: a write of Redis waits for an unavailable server instead of failing. NFS 4.1 has the locks that start.sh needs. */
const MOUNT_OPTIONS = ['hard', 'nfsvers=4.1', 'noatime'];

/** The options of a volume on an NFS export. */
export interface NfsVolumeOptions {
  /** The capacity of the volume. Kubernetes matches it with claims, but does not enforce it. */
  readonly capacity: Size;

  /**
   * The mount options.
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
 * A PersistentVolume that only the named claim in the chart's namespace can bind. If the chart has no namespace, that is the
 * claim in `default`: with `kubectl -n` and another namespace the claim stays Pending, and its events show why.
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
  // A volume is cluster-scoped, but cdk8s adds the chart's namespace to every object.
  if (namespace !== undefined) volume.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
  return volume;
}
