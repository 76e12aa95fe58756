// The pod that copies backups to a remote.

import { Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { podSpec, RESTRICTED, resources } from '../common/pod-options';
import { checkImage, checkWhole, refuse } from '../common/prop-errors';
import { checkSecretKey } from '../common/secret-key';
import { type BackupCopy } from './backup-copy';
import { type BackupOptions } from './backup-options';
import { BACKUP_MOUNT } from './backup-volume';

export const COPY_SCRIPT = 'copy-backups.sh';
const DEFAULT_IMAGE = 'docker.io/rclone/rclone:1.68.2';
const CONFIG_KEY = 'rclone.conf';
const SCRIPT = { name: 'script', mountPath: '/etc/copy', readOnly: true };
const CONFIG = { name: 'config', mountPath: '/etc/rclone', readOnly: true };

/** The egress port of a copy. */
export function copyPort({ port = 443 }: BackupCopy): number {
  return port;
}

/** Refuses options with which a copy would fail. */
export function checkCopy(scope: Construct, copy: BackupCopy): void {
  if (!/^[\w.+@-][\w.+@ -]*:[^\s]*$/.test(copy.remote) || copy.remote.endsWith('/')) {
    refuse(
      scope,
      `copyTo.remote is ${JSON.stringify(copy.remote)}; write the name of the remote and a path, such as 's3:bucket/redis'`,
    );
  }
  checkSecretKey(scope, 'copyTo.config', { key: CONFIG_KEY, ...copy.config });
  checkImage(scope, 'copyTo.image', copy.image ?? DEFAULT_IMAGE);
  checkWhole(scope, 'copyTo.port', copyPort(copy), 1, 65_535);
}

/** The pod; the script is in a ConfigMap. */
export function copyPod(
  options: BackupOptions,
  { remote, config, image = DEFAULT_IMAGE }: BackupCopy,
  fleet: string,
  scriptConfigMap: string,
  volume: k8s.Volume,
): k8s.PodSpec {
  const { name: secretName, key = CONFIG_KEY } = config;
  return {
    ...podSpec(options, {}),
    topologySpreadConstraints: undefined,
    restartPolicy: 'Never',
    containers: [
      {
        name: 'rclone',
        image,
        imagePullPolicy: options.imagePullPolicy,
        command: ['sh', `${SCRIPT.mountPath}/${COPY_SCRIPT}`],
        env: [
          { name: 'FLEET', value: fleet },
          { name: 'REMOTE', value: remote },
          { name: 'RCLONE_CONFIG', value: `${CONFIG.mountPath}/${CONFIG_KEY}` },
        ],
        terminationMessagePolicy: 'FallbackToLogsOnError',
        securityContext: RESTRICTED,
        resources: resources(options.memory ?? Size.mebibytes(256), options.cpu ?? Cpu.millis(500), options.cpuLimit),
        volumeMounts: [{ ...BACKUP_MOUNT, readOnly: true }, SCRIPT, CONFIG],
      },
    ],
    volumes: [
      volume,
      { name: SCRIPT.name, configMap: { name: scriptConfigMap } },
      { name: CONFIG.name, secret: { secretName, items: [{ key, path: CONFIG_KEY }] } },
    ],
  };
}
