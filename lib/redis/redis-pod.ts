// The pod of a shard: an init container that creates its directory, and the server.

import { Cpu, k8s } from 'cdk8s-plus-27';
import { podSpec, resources, RESTRICTED, SCRIPT_RESOURCES } from '../common/pod-options';
import { passwordFiles, secretEnv, type SecretKey } from '../common/secret-key';
import { type Side } from '../failover/replica-plan';
import { type OldUser, oldUserEnv } from '../migration/old-user';
import { maxmemoryOf, memoryOf } from './redis-conf';
import { DEFAULT_REDIS_IMAGE } from './config/server-version';
import { type RedisOptions } from './redis-options';
import { ReplicaPlacement } from './replica-placement';
import { type Replication } from './replication';
import { type ServerPorts } from './server-ports';
import { peerEnv, startScript, tlsEnv } from './server-tls';
import { NO_FILES, oldServerFiles, type SecretFiles, serverFiles, together } from '../tls/tls-files';
import { type OldServerTls, type ShardTls } from '../tls/tls-options';

/** The name of the data volume, and of the claim template. */
export const DATA_VOLUME = 'data';

const CONFIG_MOUNT = { name: 'config', mountPath: '/etc/redis-shard', readOnly: true };

/** MiB per second that even a slow disk of an NFS server can write. */
const SLOWEST_WRITE = 20;

/** How long a master that is to stop waits until its replica is in sync. */
const HAND_OVER_SECONDS = 600;

const PROBE_TIMEOUT_SECONDS = 5;
/** How long probe.sh waits for a shard that loads, in seconds. */
const LOADED_SECONDS = { least: 30, most: 45 };
/** In seconds. The cost of a probe is kubelet's exec into the container (bench/probes.md): probe as rarely as possible. */
const READY_PERIOD = 15;
const ALIVE_PERIOD = 60;

export interface RedisPodWiring {
  readonly configMap: string;
  readonly selector: Record<string, string>;
  readonly ports: ServerPorts;
  /** The shared volume; without it, a claim template creates one. */
  readonly volume?: k8s.Volume;
  /** Which server of its shard a pod runs. */
  readonly server: Side;
  /** Both servers of each shard, and the Sentinels; undefined in a fleet without replicas. */
  readonly replication?: Replication;
}

const POD_NAME = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };

/** The options of the shards, their password, and the user with which they follow the old servers. */
export type RedisPodOptions = RedisOptions & {
  readonly password?: SecretKey;
  readonly oldUser?: OldUser;
  readonly migratorUser?: boolean;
  readonly tls?: ShardTls;
  readonly oldTls?: OldServerTls;
};

/** The pod's specification. */
export function redisPod(options: RedisPodOptions, wiring: RedisPodWiring): k8s.PodSpec {
  const { configMap, selector, volume, replication } = wiring;
  return {
    ...podSpec({ ...options, affinity: affinity(options, wiring) }, selector),
    terminationGracePeriodSeconds: graceSeconds(options) + (replication ? HAND_OVER_SECONDS : 0),
    initContainers: [directoryMaker(options)],
    containers: [server(options, wiring)],
    volumes: [
      { name: CONFIG_MOUNT.name, configMap: { name: configMap } },
      ...passwordFiles(options.password).volumes,
      ...tlsFilesOf(options).volumes,
      ...(volume ? [volume] : []),
    ],
  };
}

function affinity(options: RedisPodOptions, { server: name, replication }: RedisPodWiring): k8s.Affinity | undefined {
  if (replication === undefined) return options.affinity;
  const placement = options.replicaPlacement ?? ReplicaPlacement.separateNodes();
  return placement._affinity(name, replication.selectorOfA, options.affinity);
}

function directoryMaker(options: RedisPodOptions): k8s.Container {
  return {
    name: 'make-directory',
    image: options.image ?? DEFAULT_REDIS_IMAGE,
    imagePullPolicy: options.imagePullPolicy,
    command: ['sh', '/etc/redis-shard/prepare.sh'],
    env: [POD_NAME],
    securityContext: RESTRICTED,
    resources: SCRIPT_RESOURCES,
    volumeMounts: [CONFIG_MOUNT, { name: DATA_VOLUME, mountPath: '/volume' }],
  };
}

function tlsFilesOf({ tls, oldTls }: RedisPodOptions): SecretFiles {
  return together(tls ? serverFiles(tls) : NO_FILES, oldTls ? oldServerFiles(oldTls) : NO_FILES);
}

function server(options: RedisPodOptions, { ports, server: name, replication }: RedisPodWiring): k8s.Container {
  return {
    name: 'redis',
    image: options.image ?? DEFAULT_REDIS_IMAGE,
    imagePullPolicy: options.imagePullPolicy,
    command: ['sh', `/etc/redis-shard/${startScript(ports)}`],
    ports: ports.ofContainer,
    env: [
      POD_NAME,
      { name: 'REDIS_PORT', value: String(ports.local) },
      ...tlsEnv(ports),
      // redis-cli reads this variable by itself.
      ...secretEnv('REDISCLI_AUTH', options.password),
      ...oldUserEnv(options.oldUser),
      ...(replication
        ? [
            { name: 'SHARD_SERVER', value: name },
            { name: 'HAND_OVER_SECONDS', value: String(HAND_OVER_SECONDS) },
            ...peerEnv(ports),
          ]
        : []),
    ],
    ...(replication && { lifecycle: { preStop: { exec: { command: ['sh', '/etc/redis-shard/hand-over.sh'] } } } }),
    startupProbe: loadedProbe(options.startupTimeout?.toSeconds() ?? 3600),
    readinessProbe: probe('ready', READY_PERIOD, 2 * READY_PERIOD),
    livenessProbe: livenessProbe(options.livenessTimeout?.toSeconds() ?? 600),
    securityContext: RESTRICTED,
    resources: resources(memoryOf(options), options.cpu ?? Cpu.millis(250), options.cpuLimit),
    volumeMounts: [
      CONFIG_MOUNT,
      ...passwordFiles(options.password).mounts,
      ...tlsFilesOf(options).mounts,
      { name: DATA_VOLUME, mountPath: '/data', subPathExpr: '$(POD_NAME)' },
    ],
  };
}

/**
 * Succeeds when the data is loaded: a shard serves as soon as it can, not at the end of a period. kubelet runs the readiness
 * probe right after it.
 */
function loadedProbe(patienceSeconds: number): k8s.Probe {
  return {
    exec: { command: ['sh', '/etc/redis-shard/probe.sh', 'loaded'] },
    periodSeconds: 1,
    timeoutSeconds: LOADED_SECONDS.most,
    failureThreshold: Math.max(1, Math.ceil(patienceSeconds / LOADED_SECONDS.least)),
  };
}

function livenessProbe(patienceSeconds: number): k8s.Probe {
  return probe('alive', Math.min(ALIVE_PERIOD, Math.max(10, Math.floor(patienceSeconds / 5))), patienceSeconds);
}

/** Probes every `periodSeconds`, and fails after `patienceSeconds`. */
function probe(check: 'alive' | 'ready', periodSeconds: number, patienceSeconds: number): k8s.Probe {
  return {
    exec: { command: ['sh', '/etc/redis-shard/probe.sh', check] },
    periodSeconds,
    timeoutSeconds: PROBE_TIMEOUT_SECONDS,
    failureThreshold: Math.max(1, Math.ceil(patienceSeconds / periodSeconds)),
  };
}

function graceSeconds(options: RedisOptions): number {
  if (options.terminationGracePeriod) return options.terminationGracePeriod.toSeconds();
  const sizes = [maxmemoryOf(options), ...Object.values(options.maxmemoryOfShard ?? {})];
  const largest = Math.max(...sizes.map((size) => size.toKibibytes())) / 1024;
  return 60 + Math.ceil(largest / SLOWEST_WRITE);
}
