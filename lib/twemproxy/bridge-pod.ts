// The bridge in the pod of a proxy.

import { Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { resources, RESTRICTED } from '../common/pod-options';
import { script } from '../common/scripts';
import { type Bridge } from './bridge';
import { DEFAULT_BRIDGE_IMAGE } from './bridge-options';
import { type RingFront } from './ring-front';

const MOUNT = { name: 'bridge', mountPath: '/etc/bridge', readOnly: true };

/** Room for the buffers of some thousand clients. */
const FRONT_MEBIBYTES = 192;

/** How long the bridge keeps running after nutcracker has stopped. */
export const BRIDGE_OUTLASTS_SECONDS = 5;

/** The files of the bridge, by ConfigMap: with three backends for each server, the states need one of their own. */
export function bridgeData(
  bridge: Bridge,
  listenAddress: string,
  front?: RingFront,
): Record<'bridge' | 'states', Record<string, string>> {
  const states = { 'stopped-servers': bridge._stoppedServers(front) };
  const wait = { 'bridge-wait.sh': script('bridge-wait.sh'), ...bridge._scripts() };
  const config = { 'haproxy.cfg': bridge._haproxyConfig(listenAddress, front) };
  return bridge._statesApart
    ? { bridge: { ...config, ...wait }, states }
    : { bridge: { ...config, ...states, ...wait }, states: {} };
}

/** The volume with the files of the ConfigMaps. */
export function bridgeVolume(configMaps: readonly string[]): k8s.Volume {
  if (configMaps.length === 1) return { name: MOUNT.name, configMap: { name: configMaps[0] } };
  return { name: MOUNT.name, projected: { sources: configMaps.map((name) => ({ configMap: { name } })) } };
}

/**
 * The container of the bridge. It must be the first: kubelet starts the next one when `postStart` has finished.
 * `shutdownSeconds` is the shutdown delay of nutcracker.
 */
export function bridgeContainer(
  bridge: Bridge,
  shutdownSeconds: number,
  imagePullPolicy?: string,
  front?: RingFront,
): k8s.Container {
  const { mebibytes, millicores } = bridge._requests();
  const {
    image = DEFAULT_BRIDGE_IMAGE,
    memory = Size.mebibytes(mebibytes + (front ? FRONT_MEBIBYTES : 0)),
    cpu = Cpu.millis(millicores),
  } = bridge.options;
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
    ports: [
      ...(front ? [{ name: 'proxy', containerPort: front.port }] : []),
      { name: 'bridge-health', containerPort: bridge.healthPort },
    ],
    env: [{ name: 'HEALTH_PORT', value: String(bridge.healthPort) }, ...bridge._passwords()],
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
