// A node of a Redis Cluster: its configuration, its scripts and its pod.

import { k8s } from 'cdk8s-plus-27';
import { script } from '../common/scripts';
import { type RedisClusterProps } from '../redis-cluster-props';
import { NOBODY_USER } from '../reshard/reshard-plan';
import { type ShardVolume } from '../storage/i-shard-storage';
import { configData } from './redis-conf';
import { redisPod } from './redis-pod';
import { ServerPorts } from './server-ports';
import { peerEnv } from './server-tls';
import { type ShardTls, TlsPhase } from '../tls/tls-options';

/** The port of the cluster bus is this much above that for clients. */
export const BUS_OFFSET = 10_000;

/** How long a master that is to stop waits for a replica that is in sync. */
const HAND_OVER_SECONDS = 600;

/**
 * The users of a node that never ran, and whose clients may use no keys: those of a server that the engine of a change of the ring has
 * closed. cluster-start.sh takes only the keys from these lines.
 */
const CLOSED = `user default on resetkeys\nuser ${NOBODY_USER} off sanitize-payload resetchannels ~* -@all\n`;

const DEFAULT_PORT = 6379;

export function portOf({ port = DEFAULT_PORT }: RedisClusterProps): number {
  return port;
}

/** The ports of a node for clients; `used` is also that of the other nodes. */
export function portsOf(props: RedisClusterProps): ServerPorts {
  return new ServerPorts(portOf(props), tlsOf(props));
}

/** The port of the cluster bus. */
export function busPortOf(props: RedisClusterProps): number {
  return portsOf(props).used + BUS_OFFSET;
}

/** TLS of a node, as that of a shard. */
function tlsOf({ tls }: RedisClusterProps): ShardTls | undefined {
  return tls && { ...tls, phase: tls.plainPort === true ? TlsPhase.USED : TlsPhase.REQUIRED };
}

/** The number of nodes of each master and its replicas, whose ordinals follow each other. */
export function nodesOfShard({ replicas = 1 }: RedisClusterProps): number {
  return 1 + replicas;
}

/** The configuration and the scripts, by file name. @param addresses `host:port` of each node, by ordinal */
export function nodeData(props: RedisClusterProps, addresses: readonly string[]): Record<string, string> {
  const { replicas: _, startClosed = false, ...options } = props;
  const shard = configData({ ...options, migratorUser: true, isNode: true }, portsOf(props));
  const kept = [
    ...['snapshots', 'users.acl', 'prepare.sh', 'epoch.sh', 'stale-dump.sh', 'probe.sh', 'password.sh'],
    ...(props.tls ? ['renew-tls.sh'] : []),
  ];
  const scripts = ['addresses.sh', 'cluster-start.sh', 'cluster-probe.sh', 'cluster-stop.sh'];
  const ofJob = ['cluster-create.sh', 'cluster-decide.awk'];
  return {
    'redis.conf': `${shard['redis.conf']}\n${clusterLines(props).join('\n')}\n`,
    ...Object.fromEntries(kept.map((name) => [name, shard[name]])),
    ...(startClosed && { 'initial-users': CLOSED }),
    nodes: addresses.map((address) => `${address}\n`).join(''),
    ...Object.fromEntries([...scripts, ...ofJob].map((name) => [name, script(name)])),
  };
}

/** In milliseconds. */
export function nodeTimeoutOf({ nodeTimeout }: RedisClusterProps): number {
  return nodeTimeout?.toMilliseconds() ?? 15_000;
}

function clusterLines(props: RedisClusterProps): string[] {
  const { requireFullCoverage = true, tls } = props;
  return [
    '# What every node runs with. cluster-start.sh adds the password and the address.',
    'cluster-enabled yes',
    `cluster-node-timeout ${nodeTimeoutOf(props)}`,
    `cluster-require-full-coverage ${requireFullCoverage ? 'yes' : 'no'}`,
    '# A master and its replicas have ordinals that follow each other: each disruption budget has their pods.',
    'cluster-allow-replica-migration no',
    ...(tls ? TLS_LINES : []),
  ];
}

const TLS_LINES = [
  '# Nodes connect to each other by TLS, also to replicate.',
  'tls-cluster yes',
  'tls-replication yes',
  '# Clients connect to names, which they find in the certificates.',
  'cluster-preferred-endpoint-type hostname',
];

interface NodeWiring {
  readonly configMap: string;
  readonly selector: Record<string, string>;
  readonly storage: ShardVolume;
}

/** The specification of the pods. */
export function nodePod(props: RedisClusterProps, { configMap, selector, storage }: NodeWiring): k8s.PodSpec {
  const { replicas = 1, separateNodes = replicas > 0, ...options } = props;
  const affinity = separateNodes ? apart(selector, options.affinity) : options.affinity;
  const ports = portsOf(props);
  const pod = redisPod(
    { ...options, affinity, tls: tlsOf(props) },
    { configMap, selector, ports, volume: storage.volume, server: 'a' },
  );
  const [server] = pod.containers;
  return {
    ...pod,
    terminationGracePeriodSeconds: (pod.terminationGracePeriodSeconds ?? 0) + (replicas > 0 ? HAND_OVER_SECONDS : 0),
    containers: [
      {
        ...server,
        command: ['sh', '/etc/redis-shard/cluster-start.sh'],
        ports: [...(server.ports ?? []), { name: 'bus', containerPort: busPortOf(props) }],
        env: [
          ...(server.env ?? []),
          { name: 'HAND_OVER_SECONDS', value: String(HAND_OVER_SECONDS) },
          ...(props.tls ? peerEnv(ports) : []),
        ],
        lifecycle: { preStop: { exec: { command: ['sh', '/etc/redis-shard/cluster-stop.sh'] } } },
        readinessProbe: {
          ...server.readinessProbe,
          exec: { command: ['sh', '/etc/redis-shard/cluster-probe.sh', 'ready'] },
        },
      },
    ],
  };
}

/** No two nodes of the cluster on one Kubernetes node: no rule of 1.27 can compare the ordinals of two pods of a StatefulSet. */
function apart(matchLabels: Record<string, string>, given: k8s.Affinity = {}): k8s.Affinity {
  const { podAntiAffinity = {} } = given;
  const { requiredDuringSchedulingIgnoredDuringExecution: required = [] } = podAntiAffinity;
  const rule = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels } };
  return {
    ...given,
    podAntiAffinity: { ...podAntiAffinity, requiredDuringSchedulingIgnoredDuringExecution: [...required, rule] },
  };
}

/** The ports of the Services of the nodes. */
export function nodePorts(props: RedisClusterProps): k8s.ServicePort[] {
  const bus = { name: 'bus', port: busPortOf(props), targetPort: k8s.IntOrString.fromString('bus') };
  return [...portsOf(props).ofService, bus];
}
