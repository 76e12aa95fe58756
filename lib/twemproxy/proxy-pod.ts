// The pod of a proxy: init containers that add the passwords to nutcracker.yml and wait for the shards, and nutcracker, or during a
// change of the ring one for each of the two rings.

import { Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { podSpec, resources, RESTRICTED, SCRIPT_RESOURCES } from '../common/pod-options';
import { DEFAULT_SECRET_KEY } from '../common/secret-key';
import { type Bridge } from './bridge';
import { BRIDGE_OUTLASTS_SECONDS, bridgeContainer, bridgeVolumes, type Fronts } from './bridge-pod';
import { type ClientFront } from './client-front';
import { type DirectShard, awaitMasters, reachProbe } from './direct-shards';
import { acceptsPlain } from './next-ring';
import { NEXT_CONFIG, secretPath, type ServedPool } from './proxy-pool';
import { type RingFront } from './ring-front';
import { type TwemproxyOptions } from './twemproxy-options';

/** The time that nutcracker needs to exit after a signal. */
const EXIT_SECONDS = 15;

/** On arm64, six hashes of nutcracker place non-ASCII keys on other servers (docs/ring.md). */
const X86_64 = { 'kubernetes.io/arch': 'amd64' };

export interface ProxyPodWiring {
  readonly configMap: string;
  readonly selector: Record<string, string>;
  readonly pools: ServedPool[];
  readonly statsPort: number;
  /** The shards that are reached without a bridge. */
  readonly direct: DirectShard[];
  /** The bridge and its ConfigMaps, if there is one. */
  readonly bridge?: { readonly bridge: Bridge; readonly configMaps: string[] };
  /** The next ring, and the front of the bridge that routes clients to one of both, during a change. */
  readonly next?: { readonly pool: ServedPool; readonly front: RingFront };
  /** The TLS of clients, if they use it. */
  readonly clients?: ClientFront;
}

const CONFIG = { name: 'config', mountPath: '/etc/nutcracker', readOnly: true };
const RENDERED = { name: 'rendered', mountPath: '/run/nutcracker' };

/** The pod spec. */
export function proxyPod(options: TwemproxyOptions, wiring: ProxyPodWiring): k8s.PodSpec {
  const { bridge, direct, next, pools } = wiring;
  const secrets = passwords([...pools, ...(next ? [next.pool] : [])]);
  const queryMounts = [CONFIG, ...passwordMounts(secrets)];
  const shutdown = shutdownSeconds(options);
  const fronts: Fronts = { ring: next?.front, clients: wiring.clients };
  return {
    ...podSpec({ ...options, nodeSelector: { ...X86_64, ...options.nodeSelector } }, wiring.selector),
    // nutcracker has no handler for SIGTERM, so the kernel would ignore the signal if it were process 1.
    shareProcessNamespace: true,
    terminationGracePeriodSeconds: shutdown + (bridge ? BRIDGE_OUTLASTS_SECONDS : 0) + EXIT_SECONDS,
    initContainers: [
      renderer(options, next ? ['nutcracker', NEXT_CONFIG] : [], secrets),
      ...(direct.length > 0 && (options.waitForMasters ?? true) ? [awaitMasters(options, queryMounts)] : []),
    ],
    containers: [
      ...(bridge ? [bridgeContainer(bridge.bridge, shutdown, fronts, options.imagePullPolicy)] : []),
      nutcracker(options, wiring),
      ...(next ? [nutcrackerOfNext(options, wiring, next.pool)] : []),
    ],
    volumes: [
      { name: CONFIG.name, configMap: { name: wiring.configMap } },
      ...(secrets ? [secrets] : []),
      ...(bridge ? bridgeVolumes(bridge.bridge, bridge.configMaps, fronts) : []),
      { name: RENDERED.name, emptyDir: { medium: 'Memory', sizeLimit: k8s.Quantity.fromString('4Mi') } },
    ],
  };
}

/** @param files the names of the configurations, if there are several */
function renderer(options: TwemproxyOptions, files: string[], secrets?: k8s.Volume): k8s.Container {
  return {
    name: 'render-config',
    image: options.image,
    imagePullPolicy: options.imagePullPolicy,
    command: ['sh', '/etc/nutcracker/render.sh', ...files],
    securityContext: RESTRICTED,
    resources: SCRIPT_RESOURCES,
    volumeMounts: [CONFIG, ...passwordMounts(secrets), RENDERED],
  };
}

function passwordMounts(secrets?: k8s.Volume): k8s.VolumeMount[] {
  return secrets ? [{ name: secrets.name, mountPath: '/run/passwords', readOnly: true }] : [];
}

function nutcracker(options: TwemproxyOptions, wiring: ProxyPodWiring): k8s.Container {
  const { pools, statsPort, direct, bridge, clients } = wiring;
  const { memory = Size.gibibytes(1), cpu = Cpu.millis(500), cpuLimit } = options;
  const queriesShards = direct.length > 0 && !bridge;
  // Without plain ports, it listens where kubelet does not reach it.
  const isOpen = acceptsPlain({ clientTls: clients?.tls });
  const port = isOpen ? k8s.IntOrString.fromString(pools[0].portName) : undefined;
  const connect: k8s.Probe = port
    ? { tcpSocket: { port }, timeoutSeconds: 5 }
    : {
        httpGet: {
          path: wiring.next ? `/${pools[0].portName}` : '/',
          port: k8s.IntOrString.fromNumber(clients?.acceptsPort ?? 0),
        },
        timeoutSeconds: 5,
      };
  return {
    name: 'nutcracker',
    image: options.image,
    imagePullPolicy: options.imagePullPolicy,
    command: ['nutcracker', ...flags(options, 'nutcracker', statsPort)],
    ports: [
      ...(isOpen ? pools.map((pool) => ({ name: pool.portName, containerPort: pool.port })) : []),
      { name: 'stats', containerPort: statsPort },
    ],
    // With a bridge, the bridge's own probe checks whether a shard is reachable.
    readinessProbe: queriesShards ? reachProbe(pools[0].port) : { ...connect, periodSeconds: 5 },
    livenessProbe: { ...connect, periodSeconds: 10, failureThreshold: 6 },
    lifecycle: { preStop: { exec: { command: ['sleep', String(shutdownSeconds(options))] } } },
    securityContext: RESTRICTED,
    resources: resources(memory, cpu, cpuLimit),
    volumeMounts: [...(queriesShards ? [CONFIG] : []), { ...RENDERED, readOnly: true }],
  };
}

/** The nutcracker of the next ring: the same, with its configuration and its ports. It reaches no shard before the change. */
function nutcrackerOfNext(options: TwemproxyOptions, wiring: ProxyPodWiring, pool: ServedPool): k8s.Container {
  const statsPort = wiring.statsPort + 1;
  const own = nutcracker(options, { ...wiring, pools: [pool] });
  return {
    ...own,
    name: 'nutcracker-b',
    command: ['nutcracker', ...flags(options, NEXT_CONFIG, statsPort)],
    ports: [
      ...(acceptsPlain({ clientTls: wiring.clients?.tls }) ? [{ name: pool.portName, containerPort: pool.port }] : []),
      { name: 'stats-b', containerPort: statsPort },
    ],
  };
}

function shutdownSeconds(options: TwemproxyOptions): number {
  return options.shutdownDelay?.toSeconds() ?? 15;
}

function flags(options: TwemproxyOptions, config: string, statsPort: number): string[] {
  const statsInterval = options.statsInterval?.toMilliseconds() ?? 30_000;
  return [
    `--conf-file=/run/nutcracker/${config}.yml`,
    `--stats-port=${statsPort}`,
    `--stats-interval=${statsInterval}`,
    `--mbuf-size=${options.mbufBytes ?? 16_384}`,
    `--verbose=${options.verbosity ?? 5}`,
    // Log to stderr; the default of the Debian package is a file in /var/log.
    '--output=',
  ];
}

/** The passwords of all pools as files, without duplicates. */
function passwords(pools: ServedPool[]): k8s.Volume | undefined {
  const sources = new Map<string, k8s.VolumeProjection>();
  for (const { password } of pools) {
    if (!password) continue;
    const path = secretPath(password);
    sources.set(path, { secret: { name: password.name, items: [{ key: password.key ?? DEFAULT_SECRET_KEY, path }] } });
  }
  if (sources.size === 0) return undefined;
  return { name: 'passwords', projected: { defaultMode: 0o440, sources: [...sources.values()] } };
}
