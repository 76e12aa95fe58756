// The bridge in the pod of a proxy.

import { Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { resources, RESTRICTED } from '../common/pod-options';
import { script } from '../common/scripts';
import { secretEnv } from '../common/secret-key';
import { oldUserEnv } from '../migration/old-user';
import { type Bridge } from './bridge';
import { checkTiming, haproxyConfig, stoppedServers } from './bridge-config';
import { DEFAULT_BRIDGE_IMAGE } from './bridge-options';

const MOUNT = { name: 'bridge', mountPath: '/etc/bridge', readOnly: true };

/** How long the bridge keeps running after nutcracker has stopped. */
export const BRIDGE_OUTLASTS_SECONDS = 5;

/** The files of the bridge's ConfigMap. */
export function bridgeData(bridge: Bridge, listenAddress: string): Record<string, string> {
  return {
    'haproxy.cfg': haproxyConfig(bridge, listenAddress),
    'stopped-servers': stoppedServers(bridge),
    'bridge-wait.sh': script('bridge-wait.sh'),
  };
}

export function bridgeVolume(configMap: string): k8s.Volume {
  return { name: MOUNT.name, configMap: { name: configMap } };
}

/**
 * The container of the bridge. It must be the first: kubelet starts the next one when `postStart` has finished.
 * `shutdownSeconds` is the shutdown delay of nutcracker.
 */
export function bridgeContainer(bridge: Bridge, shutdownSeconds: number, imagePullPolicy?: string): k8s.Container {
  const { image = DEFAULT_BRIDGE_IMAGE, memory = memoryFor(bridge), cpu = cpuFor(bridge) } = bridge.options;
  const probe = (path: string): k8s.Probe => ({
    httpGet: { path, port: k8s.IntOrString.fromString('bridge-health') },
    timeoutSeconds: 5,
  });
  const outlast = String(shutdownSeconds + BRIDGE_OUTLASTS_SECONDS);
  return {
    name: 'bridge',
    image,
    imagePullPolicy: bridge.options.imagePullPolicy ?? imagePullPolicy,
    command: ['haproxy', '-db', '-f', '/etc/bridge/haproxy.cfg'],
    ports: [{ name: 'bridge-health', containerPort: bridge.healthPort }],
    env: [
      { name: 'HEALTH_PORT', value: String(bridge.healthPort) },
      ...secretEnv('REDIS_PASSWORD', bridge.password),
      ...oldUserEnv(bridge.oldUser),
    ],
    readinessProbe: { ...probe('/serving'), periodSeconds: 5 },
    livenessProbe: { ...probe('/alive'), periodSeconds: 10, failureThreshold: 6 },
    lifecycle: {
      postStart: { exec: { command: ['sh', '/etc/bridge/bridge-wait.sh'] } },
      preStop: { exec: { command: ['sleep', outlast] } },
    },
    securityContext: RESTRICTED,
    resources: resources(memory, cpu, bridge.options.cpuLimit),
    volumeMounts: [MOUNT],
  };
}

/** The memory of HAProxy itself, plus the checks and connections of each shard (bench/proxy.md). */
function memoryFor({ shards }: Bridge): Size {
  return Size.mebibytes(64 + 8 * Math.round((shards.length * 0.6) / 8));
}

/** A third of a CPU is for 70,000 small requests a second; each check of a shard takes a tenth of a millisecond. */
function cpuFor(bridge: Bridge): Cpu {
  const ofShard = 0.4 + 95 / checkTiming(bridge).inter;
  return Cpu.millis(10 * Math.ceil((350 + bridge.shards.length * ofShard) / 10));
}
