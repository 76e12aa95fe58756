// What the Jobs for backups have beside the plan and the program.

import { type k8s } from 'cdk8s-plus-27';
import { type Extras } from '../jobs/program-job';
import { type BackupOptions } from './backup-options';
import { BACKUP_MOUNT } from './backup-volume';
import { RESTORE_STEP } from './steps';

/** A shard that is restored connects to the Job, which has a port for each shard at a time. */
export const RESTORE_PORTS = Array.from({ length: 8 }, (_, i) => 7390 + i);

export function backupExtras(volume: k8s.Volume, args: readonly string[], env: readonly k8s.EnvVar[]): Extras {
  return {
    args: ['--directory', BACKUP_MOUNT.mountPath, ...args],
    env,
    volumes: [volume],
    volumeMounts: [BACKUP_MOUNT],
  };
}

/** A person chooses the shards, and may choose the backup. */
export function restoreEnv({ stepArguments = {} }: BackupOptions): k8s.EnvVar[] {
  const given = stepArguments[RESTORE_STEP.name] ?? [];
  const isGiven = (option: string): boolean => given.some((arg) => arg === option || arg.startsWith(`${option}=`));
  return [
    ...(isGiven('--shards') ? [] : [{ name: 'BACKUP_SHARDS', value: 'none' }]),
    ...(isGiven('--from') ? [] : [{ name: 'BACKUP_FROM', value: '' }]),
    ...(isGiven('--discard-data') ? [] : [{ name: 'BACKUP_DISCARD_DATA', value: 'no' }]),
    // Kubernetes sets this label on the pods of a Job: a Job that is created again restores again.
    { name: 'JOB_UID', valueFrom: { fieldRef: { fieldPath: "metadata.labels['controller-uid']" } } },
    { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
  ];
}
