// The pod of a Sentinel, and the files of its ConfigMap.

import { Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { podSpec, resources, RESTRICTED, SCRIPT_RESOURCES } from '../common/pod-options';
import { script } from '../common/scripts';
import { passwordFiles, secretEnv, type SecretKey } from '../common/secret-key';
import { ROLE_USER } from '../migration/plan';
import { DEFAULT_REDIS_IMAGE } from './config/server-version';
import { DATA_VOLUME } from './redis-pod';
import { type Replication, sentinelLines, shardLines } from './replication';
import { type SentinelOptions } from './sentinel-options';

const CONFIG_MOUNT = { name: 'config', mountPath: '/etc/sentinel', readOnly: true };

const POD_NAME = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };

export interface SentinelFiles extends Pick<Replication, 'a' | 'b' | 'sentinels'> {
  /** Whether the shards are monitored. */
  readonly monitor: boolean;
}

/** The scripts and what they read, by file name. */
export function sentinelData(files: SentinelFiles): Record<string, string> {
  const scripts = ['prepare.sh', 'addresses.sh', 'password.sh', 'sentinel.sh', 'monitor.sh'];
  return {
    sentinels: sentinelLines(files),
    shards: files.monitor ? shardLines(files) : '',
    'role-user': `${ROLE_USER}\n`,
    ...Object.fromEntries(scripts.map((name) => [name, script(name)])),
  };
}

export interface SentinelPodWiring {
  readonly configMap: string;
  readonly selector: Record<string, string>;
  readonly port: number;
  readonly shards: number;
  /** The shared volume; without it, a claim template creates one. */
  readonly volume?: k8s.Volume;
}

/** The options of the Sentinels, and their password. */
export type SentinelPodOptions = SentinelOptions & { readonly password?: SecretKey };

/** The pod's specification. */
export function sentinelPod(options: SentinelPodOptions, wiring: SentinelPodWiring): k8s.PodSpec {
  const { image = DEFAULT_REDIS_IMAGE, imagePullPolicy, password } = options;
  const { selector, volume, port } = wiring;
  const env = [
    POD_NAME,
    { name: 'SENTINEL_PORT', value: String(port) },
    // redis-cli reads this variable by itself.
    ...secretEnv('REDISCLI_AUTH', password),
  ];
  const common = { image, imagePullPolicy, securityContext: RESTRICTED };
  const files = passwordFiles(password);
  const data = { name: DATA_VOLUME, mountPath: '/data', subPathExpr: '$(POD_NAME)' };
  return {
    ...podSpec(options, selector),
    topologySpreadConstraints: spread(selector),
    initContainers: [
      {
        ...common,
        name: 'make-directory',
        command: ['sh', `${CONFIG_MOUNT.mountPath}/prepare.sh`],
        env: [POD_NAME],
        resources: SCRIPT_RESOURCES,
        volumeMounts: [CONFIG_MOUNT, { name: DATA_VOLUME, mountPath: '/volume' }],
      },
    ],
    containers: [
      {
        ...common,
        name: 'sentinel',
        command: ['sh', `${CONFIG_MOUNT.mountPath}/sentinel.sh`],
        ports: [{ name: 'redis', containerPort: port }],
        env,
        readinessProbe: { tcpSocket: { port: k8s.IntOrString.fromString('redis') }, periodSeconds: 5 },
        livenessProbe: {
          tcpSocket: { port: k8s.IntOrString.fromString('redis') },
          periodSeconds: 20,
          failureThreshold: 6,
        },
        resources: resources(memoryOf(options, wiring.shards), options.cpu ?? Cpu.millis(100), options.cpuLimit),
        volumeMounts: [CONFIG_MOUNT, ...files.mounts, data],
      },
      // A container of its own: kubelet restarts it if it ends.
      {
        ...common,
        name: 'monitor',
        command: ['sh', `${CONFIG_MOUNT.mountPath}/monitor.sh`],
        env,
        resources: SCRIPT_RESOURCES,
        volumeMounts: [CONFIG_MOUNT, ...files.mounts, data],
      },
    ],
    volumes: [
      { name: CONFIG_MOUNT.name, configMap: { name: wiring.configMap } },
      ...files.volumes,
      ...(volume ? [volume] : []),
    ],
  };
}

function memoryOf({ memory }: SentinelOptions, shards: number): Size {
  return memory ?? Size.mebibytes(64 + 8 * Math.ceil(shards / 32));
}

/** Two Sentinels on one node would be lost together. With fewer nodes than Sentinels, the rest still runs. */
function spread(matchLabels: Record<string, string>): k8s.TopologySpreadConstraint[] {
  const constraint = (topologyKey: string, whenUnsatisfiable: string): k8s.TopologySpreadConstraint => {
    return { maxSkew: 1, topologyKey, whenUnsatisfiable, labelSelector: { matchLabels } };
  };
  return [
    constraint('kubernetes.io/hostname', 'DoNotSchedule'),
    constraint('topology.kubernetes.io/zone', 'ScheduleAnyway'),
  ];
}
