// The charts of a fleet whose ring changes, at a stage of that, and the addresses that its servers have in a lab.

import { randomInt } from 'node:crypto';
import { App, Chart, Duration, Size } from 'cdk8s';
import {
  AppendFsync,
  FleetCharts,
  HashType,
  NutcrackerPool,
  NutcrackerServer,
  RedisCluster,
  RedisConfig,
  type ReshardPhase,
  ShardStorage,
  TlsPhase,
} from '../../lib';
import { type Side, SIDES } from '../../lib/failover/replica-plan';
import { validationErrors } from './synth';

/** The rings of main.ts, by the weights of their servers: the first one, and one for each change. */
export interface Stage {
  readonly rings: readonly (readonly number[])[];
  /** @default - the ring was never changed */
  readonly phase?: ReshardPhase;
  /** Whether the keys move from the last ring to a Redis Cluster. */
  readonly toCluster?: boolean;
}

export const SENTINELS = [0, 1, 2];
/** The ports of the charts, without TLS and with it. */
const PORTS: Readonly<Record<Side, readonly [number, number]>> = { a: [6379, 6389], b: [6380, 6390] };
const SENTINEL_PORTS = [26_379, 26_389] as const;
/** Of clients with TLS. Not 6379, which the lab could not tell from the port of the shards. */
export const CLIENT_TLS_PORT = 7379;

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Each server has an IP address of its own, so that all have the ports of the charts. */
export class StageAddresses {
  // Two labs would have to draw the same of 50,000.
  private readonly network = `127.${randomInt(16, 250)}.${randomInt(1, 250)}`;

  constructor(private readonly hasTls = false) {}

  server(ordinal: number, side: Side): Address {
    return {
      host: `${this.network}.${(side === 'a' ? 10 : 110) + ordinal}`,
      port: PORTS[side][this.hasTls ? 1 : 0],
    };
  }

  sentinel(n: number): Address {
    return { host: `${this.network}.${200 + n}`, port: SENTINEL_PORTS[this.hasTls ? 1 : 0] };
  }

  /** The names of all servers and Sentinels, and their addresses. */
  hosts(mostShards: number): Record<string, string> {
    const servers = Array.from({ length: mostShards }, (_, n) =>
      SIDES.map((side) => [`fleet-shard-${n}${side === 'b' ? '-b' : ''}`, this.server(n, side).host] as const),
    );
    const sentinels = SENTINELS.map((n) => [`fleet-sentinel-${n}`, this.sentinel(n).host] as const);
    return Object.fromEntries<string>([...servers.flat(), ...sentinels]);
  }

  /** The names in the charts, and what they are here. */
  replacements(mostShards: number): Record<string, string> {
    return Object.fromEntries<string>(
      // The plan of the ring has hosts and ports apart.
      Object.entries(this.hosts(mostShards)).flatMap(([name, host]) => [
        ...[...PORTS.a, ...PORTS.b, ...SENTINEL_PORTS].map((port): [string, string] => [
          `${name}:${port}`,
          text({ host, port }),
        ]),
        [`"${name}"`, `"${host}"`],
      ]),
    );
  }
}

/** The line with the servers of a shard as its scripts read it: with TLS, also with the ports that they have without. */
export function serversOf(network: StageAddresses, ordinal: number, hasTls = false): string {
  const on = (i: 0 | 1): string[] =>
    SIDES.map((side) => text({ ...network.server(ordinal, side), port: PORTS[side][i] }));
  return (hasTls ? [...on(1), ...on(0)] : on(0)).join(' ');
}

/** As in a configuration. */
export function text({ host, port }: Address): string {
  return `${host}:${port}`;
}

/** A busy machine takes longer than shards should be fenced. */
const LONG = ['--deadline', '20000'];
const PATIENT = { preflight: LONG, copy: LONG };

/** A Redis Cluster to which the fleet can move. */
export function clusterIn(app: App, hasTls = false): RedisCluster {
  return new RedisCluster(new Chart(app, 'fleet-cluster'), 'cluster', {
    name: 'fleet-cluster',
    masters: 3,
    storage: ShardStorage.nfs({ server: 'nfs', path: '/export', capacity: Size.gibibytes(1) }),
    password: { name: 'fleet-redis' },
    startClosed: true,
    ...(hasTls && { tls: { secretName: 'nodes' } }),
    nodeTimeout: Duration.seconds(5),
    config: RedisConfig.of({ appendfsync: AppendFsync.ALWAYS }),
  });
}

export function chartsOf(
  { rings: [first, ...others], phase, toCluster }: Stage,
  hasReplicas = false,
  hasTls = false,
  clusterHasTls = false,
): FleetCharts {
  const app = new App();
  const cluster = toCluster ? clusterIn(app, clusterHasTls) : undefined;
  const charts = new FleetCharts(app, 'fleet', {
    pool: ringOf(first),
    ...(phase !== undefined && { reshard: { pools: others.map(ringOf), cluster, phase, stepArguments: PATIENT } }),
    redis: {
      // A kill must not lose acknowledged writes.
      config: RedisConfig.of({ appendfsync: AppendFsync.ALWAYS }),
      ...(hasReplicas && { replicas: 1 }),
    },
    storage: ShardStorage.nfs({ server: 'nfs', path: '/export', capacity: Size.gibibytes(1) }),
    ...(hasReplicas && { bridge: { metrics: true } }),
    ...(hasTls && { tls: { phase: TlsPhase.REQUIRED, secretName: 'shards' } }),
    proxies: {
      image: 'twemproxy:0.5.0',
      ...(hasTls && { clientTls: { secretName: 'proxies', port: CLIENT_TLS_PORT } }),
    },
  });
  const errors = validationErrors(app);
  if (errors.length > 0) throw new Error(errors.join('\n'));
  return charts;
}

/** A ring, by the weights of its servers; 0 for one that it does not have. */
export function ringOf(weights: readonly number[]): NutcrackerPool {
  return new NutcrackerPool({
    name: 'lab',
    listen: '0.0.0.0:22121',
    hash: HashType.MURMUR,
    redis: true,
    redisAuth: 'in the Secret',
    timeout: 2000,
    servers: weights.flatMap((weight, n) =>
      weight === 0 ? [] : [new NutcrackerServer({ address: `old-${n}:6379`, name: `server${n}`, weight })],
    ),
  });
}
