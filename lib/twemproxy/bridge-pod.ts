// The bridge in the pod of a proxy.

import { Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { resources, RESTRICTED } from '../common/pod-options';
import { script } from '../common/scripts';
import { type SecretFiles, together } from '../tls/tls-files';
import { type Bridge } from './bridge';
import { DEFAULT_BRIDGE_IMAGE } from './bridge-options';
import { type ClientFront, frontData, frontFiles, tlsPortName } from './client-front';
import { acceptsPlain } from './next-ring';
import { MOST_CLIENTS, type RingFront } from './ring-front';

/** The files of the listeners of a next ring, and of clients with TLS. */
export const NEXT_FILE = 'next.cfg';
const CLIENTS_FILE = 'clients.cfg';

const MOUNT = { name: 'bridge', mountPath: '/etc/bridge', readOnly: true };

/** Room for the buffers of some thousand clients. */
const FRONT_MEBIBYTES = 192;

/** What is between nutcracker and its clients in the same container. With both, TLS ends before the rings are told apart, and each client is two connections. */
export interface Fronts {
  /** During a change of the ring. */
  readonly ring?: RingFront;
  /** With TLS of clients. */
  readonly clients?: ClientFront;
}

/** How long the bridge keeps running after nutcracker has stopped. */
export const BRIDGE_OUTLASTS_SECONDS = 5;

/** The files of the bridge, by ConfigMap: with three backends for each server, the states need one of their own. */
export function bridgeData(
  bridge: Bridge,
  listenAddress: string,
  { ring, clients }: Fronts = {},
): Record<'bridge' | 'states', Record<string, string>> {
  const next = bridge._nextConfig;
  const states = {
    'stopped-servers': bridge._stoppedServers(ring),
    ...(next !== undefined && { [NEXT_FILE]: next }),
  };
  const wait = { 'bridge-wait.sh': script('bridge-wait.sh'), ...bridge._scripts() };
  const cfg = bridge._haproxyConfig(listenAddress, ring);
  const config = clients
    ? { 'haproxy.cfg': withMoreClients(cfg), ...frontData(clients, listenAddress) }
    : { 'haproxy.cfg': cfg };
  return bridge._statesApart
    ? { bridge: { ...config, ...wait }, states }
    : { bridge: { ...config, ...states, ...wait }, states: {} };
}

/** HAProxy has the clients of nutcracker beside its connections to the shards. */
function withMoreClients(cfg: string): string {
  return cfg.replace(/^ {2}maxconn \d+$/m, `  maxconn ${MOST_CLIENTS}`);
}

/** The volumes with the files of the ConfigMaps and Secrets. */
export function bridgeVolumes(bridge: Bridge, configMaps: readonly string[], { clients }: Fronts): k8s.Volume[] {
  const sources = configMaps.map((name) => ({ configMap: { name } }));
  const files = sources.length === 1 ? sources[0] : { projected: { sources } };
  return [{ name: MOUNT.name, ...files }, ...secretFiles(bridge, clients).volumes];
}

function secretFiles(bridge: Bridge, clients?: ClientFront): SecretFiles {
  return together(bridge._files(), ...(clients ? [frontFiles(clients)] : []));
}

/**
 * The container of the bridge. It must be the first: kubelet starts the next one when `postStart` has finished.
 * `shutdownSeconds` is the shutdown delay of nutcracker.
 */
export function bridgeContainer(
  bridge: Bridge,
  shutdownSeconds: number,
  fronts: Fronts = {},
  imagePullPolicy?: string,
): k8s.Container {
  const { ring, clients } = fronts;
  const { mebibytes, millicores } = bridge._requests();
  const {
    image = DEFAULT_BRIDGE_IMAGE,
    memory = Size.mebibytes(mebibytes + (ring || clients ? FRONT_MEBIBYTES : 0)),
    cpu = Cpu.millis(millicores),
  } = bridge.options;
  const probe = (path: string): k8s.Probe => ({
    httpGet: { path, port: k8s.IntOrString.fromString('bridge-health') },
    timeoutSeconds: 5,
  });
  const files = [
    'haproxy.cfg',
    ...(bridge._nextConfig === undefined ? [] : [NEXT_FILE]),
    ...(clients ? [CLIENTS_FILE] : []),
  ];
  const outlast = String(shutdownSeconds + BRIDGE_OUTLASTS_SECONDS);
  return {
    name: 'bridge',
    image,
    imagePullPolicy: bridge.options.imagePullPolicy ?? imagePullPolicy,
    command: ['haproxy', '-db', ...files.flatMap((file) => ['-f', `/etc/bridge/${file}`])],
    ports: [
      ...(ring && acceptsPlain({ clientTls: clients?.tls }) ? [{ name: 'proxy', containerPort: ring.port }] : []),
      ...(clients?.pools ?? []).map((pool) => ({ name: tlsPortName(pool), containerPort: pool.tlsPort })),
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
    volumeMounts: [MOUNT, ...secretFiles(bridge, clients).mounts],
  };
}
