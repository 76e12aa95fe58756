// A whole synthesized fleet as processes of a lab: every pod with its own port, every Service replaced by it.

import { type k8s } from 'cdk8s-plus-27';
import { App, Size } from 'cdk8s';
import { Redis } from 'ioredis';
import { FleetCharts, HashRing, NutcrackerPool, NutcrackerServer, type RedisOptions, ShardStorage } from '../../lib';
import { accepts, freePort, freePorts, type Lab, type Program } from './lab';
import { LabPod } from './pod';
import { type Manifest, ofKind } from './synth';

type Data = Record<string, string>;

/** Everything that has ever broken a configuration file. */
const PASSWORD = `fo"o b#a$r: 'x' \\n {}[]%@\`!&*|> ü€😀`;

export interface LabFleetProps {
  /** How many servers the old fleet has. */
  readonly servers: number;
  /** The options of the shards. */
  readonly redis?: RedisOptions;
  /** The password that is in the Secret. */
  readonly secretValue?: string;
  /** Where the pods look for programs. */
  readonly path?: string;
}

export class LabFleet {
  readonly charts: FleetCharts;
  private readonly pool: NutcrackerPool;
  private readonly ring: HashRing;
  private readonly app = new App();
  private readonly password: string;
  private readonly shards = new Map<number, Program>();

  static async synthesize(lab: Lab, props: LabFleetProps): Promise<LabFleet> {
    return new LabFleet(lab, props, await freePorts(props.servers), await freePort(), await freePort());
  }

  private constructor(
    private readonly lab: Lab,
    private readonly props: LabFleetProps,
    private readonly ports: readonly number[],
    readonly proxyPort: number,
    statsPort: number,
  ) {
    this.password = props.secretValue ?? PASSWORD;
    this.pool = oldPool(props.servers);
    this.ring = HashRing.of(this.pool);
    this.charts = new FleetCharts(this.app, 'fleet', {
      pool: this.pool,
      redis: props.redis,
      storage: ShardStorage.nfs({ server: 'nfs', path: '/export', capacity: Size.gibibytes(1) }),
      proxies: { image: 'twemproxy:0.5.0', statsPort },
      proxyPort,
    });
  }

  /** Where a shard listens. */
  portOf(ordinal: number): number {
    return this.ports[ordinal];
  }

  /** The pod of a shard, ready to run. */
  shardPod(ordinal: number): LabPod {
    const { redis } = this.charts;
    const port = this.ports[ordinal];
    return this.pod(redis.statefulSet.toJson() as Manifest, `${redis.statefulSet.name}-${ordinal}`, {
      [`port ${redis.port}`]: `port ${port}`,
      [`${redis.port}`]: `${port}`,
    });
  }

  /** Starts a shard and waits until its own probe finds it ready. */
  async startShard(ordinal: number): Promise<Program> {
    const pod = this.shardPod(ordinal);
    const program = await pod.start();
    this.shards.set(ordinal, program);
    return program.ready(async () => (await pod.exec(this.probe('readinessProbe')).exit()) === 0);
  }

  /** Stops a shard as kubelet does. */
  async stopShard(ordinal: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.shards.get(ordinal)?.stop(signal);
  }

  /** The command of a probe of the shards. */
  probe(name: 'readinessProbe' | 'livenessProbe' | 'startupProbe'): string[] {
    const statefulSet = this.charts.redis.statefulSet.toJson() as Manifest;
    return (statefulSet.spec.template.spec.containers[0][name] as { exec: { command: string[] } }).exec.command;
  }

  proxyPod(): LabPod {
    const addresses = this.charts.redis.addresses.map((address, i) => [address, `127.0.0.1:${this.ports[i]}`]);
    const { deployment } = this.charts.proxies;
    return this.pod(deployment.toJson() as Manifest, `${deployment.name}-a`, Object.fromEntries(addresses) as Data);
  }

  async startProxy(): Promise<Program> {
    const program = await this.proxyPod().start();
    return program.ready(() => accepts(this.proxyPort));
  }

  /** A client of the proxy. */
  client(): Redis {
    return connect(this.proxyPort, this.password);
  }

  /** A client of one shard. */
  shardClient(ordinal: number): Redis {
    return connect(this.ports[ordinal], this.password);
  }

  /** The ordinal of the shard on which the old fleet's ring puts a key. */
  ordinalOf(key: string): number {
    return this.pool.servers.indexOf(this.ring.serverFor(key));
  }

  /** Sends commands to one shard, in their order. */
  async change(ordinal: number, ...commands: string[][]): Promise<void> {
    const client = this.shardClient(ordinal);
    await Promise.all(commands.map(([command, ...args]) => client.call(command, ...args)));
    client.disconnect();
  }

  private pod(workload: Manifest, name: string, replace: Data): LabPod {
    const configMaps = ofKind(this.app, 'ConfigMap');
    const secret = { password: this.password };
    return new LabPod(this.lab, {
      name,
      spec: workload.spec.template.spec as k8s.PodSpec,
      configMaps: Object.fromEntries(configMaps.map(({ metadata, data }) => [metadata.name, data])) as Record<
        string,
        Data
      >,
      secrets: { 'fleet-redis': secret },
      replace,
      path: this.props.path,
    });
  }
}

function connect(port: number, password: string): Redis {
  // nutcracker closes the connection of a client that sends INFO or CLIENT.
  const client = new Redis({
    port,
    password,
    enableReadyCheck: false,
    disableClientInfo: true,
    maxRetriesPerRequest: 0,
  });
  // Every command reports its own failure; without a listener ioredis prints these as well.
  return client.on('error', () => undefined);
}

function oldPool(servers: number): NutcrackerPool {
  return new NutcrackerPool({
    name: 'alpha',
    listen: '0.0.0.0:22121',
    hashTag: '{}',
    redis: true,
    redisAuth: 'old',
    timeout: 400,
    servers: Array.from({ length: servers }, (_, i) => new NutcrackerServer({ address: `old-${i}:6379` })),
  });
}
