// The pod of a shard: an init container that makes its directory, and the server.

import { type Duration } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { podSpec, resources, RESTRICTED } from '../common/pod-options';
import { maxmemoryOf, memoryOf } from './redis-conf';
import { DEFAULT_REDIS_IMAGE, type RedisOptions } from './redis-options';
import { DEFAULT_SECRET_KEY, type SecretKey } from '../common/secret-key';

/** The name of the volume with the data, and so of a claim template. */
export const DATA_VOLUME = 'data';

const CONFIG_VOLUME = 'config';
const CONFIG_MOUNT = { name: CONFIG_VOLUME, mountPath: '/etc/redis-shard', readOnly: true };

/** A slow disk under an NFS server still writes this many MiB a second. */
const SLOWEST_WRITE = 20;

const PROBE_TIMEOUT_SECONDS = 5;

export interface RedisPodWiring {
  readonly configMap: string;
  readonly selector: Record<string, string>;
  readonly port: number;
  /** The shared volume; without it a claim template makes one. */
  readonly volume?: k8s.Volume;
}

/** The pod's specification. */
export function redisPod(options: RedisOptions & { password?: SecretKey }, wiring: RedisPodWiring): k8s.PodSpec {
  const image = { image: options.image ?? DEFAULT_REDIS_IMAGE, imagePullPolicy: options.imagePullPolicy };
  const podName = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };
  return {
    ...podSpec(options, wiring.selector),
    terminationGracePeriodSeconds: graceSeconds(options),
    initContainers: [
      {
        name: 'make-directory',
        ...image,
        command: ['sh', '/etc/redis-shard/prepare.sh'],
        env: [podName],
        securityContext: RESTRICTED,
        resources: resources(memoryOf(options), options.cpu ?? Cpu.millis(250), options.cpuLimit),
        volumeMounts: [CONFIG_MOUNT, { name: DATA_VOLUME, mountPath: '/volume' }],
      },
    ],
    containers: [
      {
        name: 'redis',
        ...image,
        command: ['sh', '/etc/redis-shard/start.sh'],
        ports: [{ name: 'redis', containerPort: wiring.port }],
        env: [podName, { name: 'REDIS_PORT', value: String(wiring.port) }, ...passwordEnv(options.password)],
        ...probes(options),
        securityContext: RESTRICTED,
        resources: resources(memoryOf(options), options.cpu ?? Cpu.millis(250), options.cpuLimit),
        volumeMounts: [CONFIG_MOUNT, { name: DATA_VOLUME, mountPath: '/data', subPathExpr: '$(POD_NAME)' }],
      },
    ],
    volumes: [
      { name: CONFIG_VOLUME, configMap: { name: wiring.configMap } },
      ...(wiring.volume ? [wiring.volume] : []),
    ],
  };
}

/** redis-cli reads this variable by itself. */
function passwordEnv(password?: SecretKey): k8s.EnvVar[] {
  if (!password) return [];
  const secretKeyRef = { name: password.name, key: password.key ?? DEFAULT_SECRET_KEY };
  return [{ name: 'REDISCLI_AUTH', valueFrom: { secretKeyRef } }];
}

function probes(options: RedisOptions): Pick<k8s.Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> {
  return {
    startupProbe: probe('ready', 5, options.startupTimeout, 3600),
    readinessProbe: probe('ready', 5),
    livenessProbe: probe('alive', 10, options.livenessTimeout, 60),
  };
}

function probe(
  question: 'alive' | 'ready',
  periodSeconds: number,
  patience?: Duration,
  defaultPatience = 15,
): k8s.Probe {
  const seconds = patience?.toSeconds() ?? defaultPatience;
  return {
    exec: { command: ['sh', '/etc/redis-shard/probe.sh', question] },
    periodSeconds,
    timeoutSeconds: PROBE_TIMEOUT_SECONDS,
    failureThreshold: Math.max(1, Math.ceil(seconds / periodSeconds)),
  };
}

function graceSeconds(options: RedisOptions): number {
  if (options.terminationGracePeriod) return options.terminationGracePeriod.toSeconds();
  return 60 + Math.ceil(maxmemoryOf(options).toKibibytes() / 1024 / SLOWEST_WRITE);
}
