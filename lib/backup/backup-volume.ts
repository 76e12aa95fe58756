// The volume with the backups.

import { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { checkSubdomain, refuse } from '../common/prop-errors';
import { provide } from '../storage/provide';
import { type BackupOptions } from './backup-options';

/** The name of the volume in the pods, and where it is mounted. */
const VOLUME = 'backups';
export const BACKUP_MOUNT: k8s.VolumeMount = { name: VOLUME, mountPath: '/backups' };

/** Creates the volume and its claim, or mounts an existing one. */
export function backupVolume(
  scope: Construct,
  { storage, claimName }: BackupOptions,
  name: string,
  labels: Record<string, string>,
): k8s.Volume {
  if ((storage === undefined) === (claimName === undefined)) {
    const given = storage === undefined ? 'neither storage nor claimName' : 'both storage and claimName';
    refuse(scope, `there are ${given}; set exactly one of them, the volume for the backups`);
  }
  if (storage === undefined) {
    checkSubdomain(scope, 'claimName', claimName ?? '');
    return { name: VOLUME, persistentVolumeClaim: { claimName: claimName ?? '' } };
  }
  const { volume } = provide(scope, 'storage', storage, scope, { name, shards: 1, volumeName: VOLUME, labels });
  if (volume?.persistentVolumeClaim === undefined) {
    refuse(
      scope,
      'storage is no volume that outlives its pods and that all of them can mount; use ShardStorage.nfs, an NfsStorage, or claimName',
    );
  }
  return volume;
}

/** The NFS servers of the volumes below a construct. */
export function nfsServersIn(construct: Construct): string[] {
  return construct.node.findAll().flatMap((node) => {
    if (!ApiObject.isApiObject(node) || node.kind !== 'PersistentVolume') return [];
    const { spec } = node.toJson() as { spec: { nfs?: { server: string } } };
    return spec.nfs === undefined ? [] : [spec.nfs.server];
  });
}
