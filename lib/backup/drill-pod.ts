// The server of a drill: in the pod of the program, so that nothing else reaches it.

import { type Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { RESTRICTED, resources } from '../common/pod-options';
import { type Extras } from '../jobs/program-job';
import { DEFAULT_REDIS_IMAGE } from '../redis/config/server-version';
import { type BackupOptions } from './backup-options';

const SCRATCH = { name: 'scratch', mountPath: '/scratch' };

/** It has no password and listens in its pod only. The program shuts it down at the end. */
const COMMAND = [
  'redis-server',
  ...['--bind', '127.0.0.1', '--port', '6379', '--dir', SCRATCH.mountPath],
  ...['--save', '', '--appendonly', 'no'],
];

/** Adds the server to what the container of the program has. */
export function withScratchServer(extras: Extras, options: BackupOptions, memory: Size): Extras {
  const { drillRedisImage: image = DEFAULT_REDIS_IMAGE, imagePullPolicy } = options;
  const server: k8s.Container = {
    name: 'redis',
    image,
    imagePullPolicy,
    command: COMMAND,
    securityContext: RESTRICTED,
    resources: resources(memory, Cpu.millis(250)),
    volumeMounts: [SCRATCH],
  };
  return {
    ...extras,
    containers: [server],
    volumes: [...(extras.volumes ?? []), { name: SCRATCH.name, emptyDir: {} }],
  };
}
