// The pod of a Sentinel, and the files of its ConfigMap.

import { Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { podSpec, resources, RESTRICTED, SCRIPT_RESOURCES } from '../common/pod-options';
import { script } from '../common/scripts';
import { passwordFiles, secretEnv, type SecretKey } from '../common/secret-key';
import { ROLE_USER } from '../migration/plan';
import { DEFAULT_REDIS_IMAGE } from './config/server-version';
import { DATA_VOLUME } from './redis-pod';
import { type Replication, sentinelLines, serversLine, shardLines } from './replication';
import { type SentinelOptions } from './sentinel-options';
import { type ServerPorts } from './server-ports';
import { peerEnv, tlsEnv, tlsPortLines } from './server-tls';
import { NO_FILES, serverFiles } from '../tls/tls-files';
import { type ShardTls } from '../tls/tls-options';

const CONFIG_MOUNT = { name: 'config', mountPath: '/etc/sentinel', readOnly: true };

const POD_NAME = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };

export interface SentinelFiles extends Pick<Replication, 'a' | 'b' | 'ofShard' | 'sentinels' | 'others'> {
  readonly ports: ServerPorts;
  /** Whether the shards are monitored. */
  readonly monitor: boolean;
}

/** The scripts of every Sentinel. */
export const SENTINEL_SCRIPTS = [
  'prepare.sh',
  'addresses.sh',
  'password.sh',
  'tls-phase.sh',
  'sentinel.sh',
  'monitor.sh',
] as const;

/** The scripts and what they read, by file name. */
export function sentinelData(files: SentinelFiles): Record<string, string> {
  return {
    sentinels: sentinelLines(files),
    shards: files.monitor ? shardLines(files) : '',
    'role-user': `${ROLE_USER}\n`,
    ...(files.others && { servers: serversLine(files) }),
    ...(files.ports.tls !== undefined && { 'tls.conf': tlsConf(files.ports), 'outdated.sh': script('outdated.sh') }),
    ...Object.fromEntries(SENTINEL_SCRIPTS.map((name) => [name, script(name)])),
  };
}

/** With `tls-replication`, a Sentinel connects to the servers and to the other Sentinels by TLS. */
function tlsConf(ports: ServerPorts): string {
  const lines = [...tlsPortLines(ports), `tls-replication ${ports.used === ports.tls ? 'yes' : 'no'}`];
  return `${lines.join('\n')}\n`;
}

export interface SentinelPodWiring {
  readonly configMap: string;
  readonly selector: Record<string, string>;
  readonly ports: ServerPorts;
  readonly shards: number;
  /** The shared volume; without it, a claim template creates one. */
  readonly volume?: k8s.Volume;
}

/** The options of the Sentinels, and their password. */
export type SentinelPodOptions = SentinelOptions & { readonly password?: SecretKey; readonly tls?: ShardTls };

/** The pod's specification. */
export function sentinelPod(options: SentinelPodOptions, wiring: SentinelPodWiring): k8s.PodSpec {
  const { image = DEFAULT_REDIS_IMAGE, imagePullPolicy, password } = options;
  const { selector, volume, ports } = wiring;
  const env = [
    POD_NAME,
    { name: 'SENTINEL_PORT', value: String(ports.local) },
    ...(ports.other === undefined ? [] : [{ name: 'SENTINEL_OTHER_PORT', value: String(ports.other) }]),
    ...tlsEnv(ports),
    ...peerEnv(ports),
    // redis-cli reads this variable by itself.
    ...secretEnv('REDISCLI_AUTH', password),
  ];
  const common = { image, imagePullPolicy, securityContext: RESTRICTED };
  const secrets = passwordFiles(password);
  const certificates = options.tls ? serverFiles(options.tls) : NO_FILES;
  const files = {
    volumes: [...secrets.volumes, ...certificates.volumes],
    mounts: [...secrets.mounts, ...certificates.mounts],
  };
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
        ports: ports.ofContainer,
        env,
        readinessProbe: { ...listens(ports), periodSeconds: 5 },
        livenessProbe: { ...listens(ports), periodSeconds: 20, failureThreshold: 6 },
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

/** Whether it listens. A connection to a port with TLS that is closed at once would be an error in its log. */
function listens({ plain, used }: ServerPorts): k8s.Probe {
  if (plain !== undefined) return { tcpSocket: { port: k8s.IntOrString.fromString('redis') } };
  const ping = ['redis-cli', '--tls', '--insecure', '-h', '127.0.0.1', '-p', String(used), 'ping'];
  return { exec: { command: ping }, timeoutSeconds: 5 };
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
