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

/** A volume, and what it is for, in messages. */
interface Purpose {
  /** The name of the volume in the pods. */
  readonly volumeName: string;
  /** The prefix of the props, such as `importFrom.`. */
  readonly prefix: string;
  readonly what: string;
}

/** Creates the volume for the backups and its claim, or mounts an existing one. */
export function backupVolume(
  scope: Construct,
  options: Pick<BackupOptions, 'storage' | 'claimName'>,
  name: string,
  labels: Record<string, string>,
): k8s.Volume {
  return volumeOf(scope, options, name, labels, { volumeName: VOLUME, prefix: '', what: 'for the backups' });
}

/** The same for a volume of another purpose. */
export function volumeOf(
  scope: Construct,
  { storage, claimName }: Pick<BackupOptions, 'storage' | 'claimName'>,
  name: string,
  labels: Record<string, string>,
  { volumeName, prefix, what }: Purpose,
): k8s.Volume {
  const props = [`${prefix}storage`, `${prefix}claimName`];
  if ((storage === undefined) === (claimName === undefined)) {
    const given = storage === undefined ? `neither ${props.join(' nor ')}` : `both ${props.join(' and ')}`;
    refuse(scope, `there are ${given}; set exactly one of them, the volume ${what}`);
  }
  if (storage === undefined) {
    checkSubdomain(scope, props[1], claimName ?? '');
    return { name: volumeName, persistentVolumeClaim: { claimName: claimName ?? '' } };
  }
  const { volume } = provide(scope, props[0], storage, scope, { name, shards: 1, volumeName, labels });
  if (volume?.persistentVolumeClaim === undefined) {
    refuse(
      scope,
      `${props[0]} is no volume that outlives its pods and that all of them can mount; use ShardStorage.nfs, an NfsStorage, or claimName`,
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
