// A synthesized fleet as processes of a lab: every pod has its own ports, which replace the Services.

import { type k8s } from 'cdk8s-plus-27';
import { App, Size } from 'cdk8s';
import { type Redis, type RedisOptions as ClientOptions } from 'ioredis';
import {
  AppendFsync,
  type BackupOptions,
  FailoverBridge,
  FleetCharts,
  type FleetChartsProps,
  type FleetMetrics,
  type FleetPasswords,
  HashRing,
  type MetricsOptions,
  MigrationBridge,
  MigrationPhase,
  NetworkPeer,
  NutcrackerPool,
  NutcrackerServer,
  type PasswordOptions,
  type PhasedMigration,
  RedisConfig,
  type RedisOptions,
  ShardStorage,
  type ShardTls,
  type TwemproxyOptions,
} from '../../lib';
import { usesTls } from '../../lib/redis/server-ports';
import { type CertificateSecret } from './certificates';
import { type Side } from '../../lib/failover/replica-plan';
import { ROLE_USER } from '../../lib/migration/plan';
import { connect, PASSWORD } from './clients';
import { accepts, freePorts, type Lab, type Program } from './lab';
import { type LabNetwork, type LabNode } from './network';
import { LabPod } from './pod';
import { type Manifest, ofKind } from './synth';

type Data = Record<string, string>;

export interface LabFleetProps {
  /** The number of servers in the old fleet. */
  readonly servers: number;
  /** The pool of the old fleet in the lab from which this one migrates; it has `servers` servers. */
  readonly old?: NutcrackerPool;
  /** More pools of the old fleet, on the same servers. */
  readonly others?: readonly NutcrackerPool[];
  /** Changes to the migration props. */
  readonly migration?: Partial<PhasedMigration>;
  /** The options of the shards. */
  readonly redis?: RedisOptions;
  /** Changes to the proxy options. */
  readonly proxies?: Partial<TwemproxyOptions>;
  /** The password in the Secret. */
  readonly secretValue?: string;
  /** The second password in the Secret, of a fleet that can change it; empty if the Secret has none. */
  readonly secondValue?: string;
  /** The password in the Secret of `migration.oldUser`. */
  readonly oldSecretValue?: string;
  /** The metrics, with changes to their options. */
  readonly metrics?: Partial<MetricsOptions>;
  /** The backups. */
  readonly backup?: BackupOptions;
  /** The options of the Jobs that change the password. */
  readonly passwords?: PasswordOptions;
  /** TLS of the shards, which then have a second port. */
  readonly tls?: ShardTls;
  /** The Secrets with certificates, by name. */
  readonly certificates?: Record<string, CertificateSecret>;
  /** Whether the bridge between the two servers of a shard checks their role only, to compare. */
  readonly asksRoleOnly?: boolean;
  /** The PATH of the pods, or of each pod by its name. */
  readonly path?: string | ((pod: string) => string);
  /** The network in which every pod is a node of its own. @default - all pods are on the network of the test */
  readonly network?: LabNetwork;
  /** More replacements in the files of the pods, such as a setting without a prop. */
  readonly replace?: Data;
}

/**
 * Shards that keep every acknowledged write over SIGKILL. With `everysec`, Redis delays a write while the disk is busy, and a
 * kill then loses acknowledged writes, which is not a fault of the fleet.
 */
export const DURABLE: RedisOptions = { config: RedisConfig.of({ appendfsync: AppendFsync.ALWAYS }) };

/** The ports of a proxy's pod. */
export interface ProxyPorts {
  readonly proxy: number;
  /** The other pools. */
  readonly others: readonly number[];
  readonly stats: number;
  readonly health: number;
  /** The bridge, by ordinal of the shard. */
  readonly bridge: readonly number[];
}

/** The ports of the second servers of the shards, by ordinal, and of the Sentinels; empty without replicas. And those with TLS. */
interface OtherPorts {
  readonly b: readonly number[];
  /** The ports with TLS, by ordinal. */
  readonly tls: readonly number[];
  readonly sentinels: readonly number[];
}

/** A proxy with its own ports. */
export interface LabProxy {
  readonly pod: LabPod;
  readonly ports: ProxyPorts;
}

/** The script that loads certificates again outlives a server by this time. */
export const RENEW_OFTEN = { 'TLS_RENEW_SECONDS:-10': 'TLS_RENEW_SECONDS:-0.2' };

/** The ports of all bridges in a cluster, where each pod has its own address. */
const BRIDGE = { firstPort: 2000, healthPort: 9404 };

export class LabFleet {
  readonly charts: FleetCharts;
  readonly password: string;
  private readonly pool: NutcrackerPool;
  private readonly ring: HashRing;
  private readonly app = new App();
  /** They take long to synthesize, and every pod needs them. */
  private known?: Record<string, Data>;

  static async synthesize(lab: Lab, props: LabFleetProps): Promise<LabFleet> {
    const replicas = props.redis?.replicas ?? 0;
    const second = await freePorts(replicas * (props.servers + 3));
    const ports = await freePorts(props.servers);
    const nodes = new Map<number, LabNode>();
    if (props.network) for (const port of [...ports, ...second]) nodes.set(port, await props.network.addNode([port]));
    return new LabFleet(
      lab,
      props,
      ports,
      await proxyPorts(props.servers, props.others?.length),
      {
        b: second.slice(3),
        sentinels: second.slice(0, 3),
        tls: props.tls ? await freePorts(props.servers) : [],
      },
      nodes,
    );
  }

  private constructor(
    private readonly lab: Lab,
    private readonly props: LabFleetProps,
    private readonly ports: readonly number[],
    private readonly first: ProxyPorts,
    private readonly second: OtherPorts,
    /** The nodes of the servers and Sentinels, by port. */
    private readonly nodes: ReadonlyMap<number, LabNode>,
    private readonly shards = new Map<number, Program>(),
  ) {
    this.password = props.secretValue ?? PASSWORD;
    this.pool = props.old ?? oldPool(props.servers);
    this.ring = HashRing.of(this.pool);
    this.charts = new FleetCharts(this.app, 'fleet', {
      ...this.pools(),
      redis: props.redis,
      storage: ShardStorage.nfs({ server: 'nfs', path: '/export', capacity: Size.gibibytes(1) }),
      proxies: { image: 'twemproxy:0.5.0', statsPort: first.stats, ...props.proxies },
      migration: props.old && {
        phase: MigrationPhase.MOVING,
        proxyNetworks: ['127.0.0.0/8'],
        ...props.migration,
        bridge: { ...BRIDGE, ...props.migration?.bridge },
      },
      bridge: props.redis?.replicas === 1 || usesTls(props.tls) ? BRIDGE : undefined,
      password: props.secondValue === undefined ? undefined : { name: 'fleet-redis', secondKey: 'second' },
      backup: props.backup,
      passwords: props.passwords,
      tls: props.tls,
      metrics: props.metrics && { clients: [NetworkPeer.anyone()], ...props.metrics },
    });
  }

  private pools(): Pick<FleetChartsProps, 'pool' | 'pools' | 'proxyPort' | 'proxyPorts'> {
    const { others = [] } = this.props;
    if (others.length === 0) return { pool: this.pool, proxyPort: this.first.proxy };
    const ports = others.map(({ name }, i): [string, number] => [name, this.first.others[i]]);
    const proxyPorts = { [this.pool.name]: this.first.proxy, ...Object.fromEntries(ports) };
    return { pools: [this.pool, ...others], proxyPorts };
  }

  /** The same fleet with the same running shards, in another phase of its migration. */
  inPhase(phase: MigrationPhase): LabFleet {
    return this.with({ migration: { ...this.props.migration, phase } });
  }

  /** The same fleet with the same running shards, and other proxies or migration props. */
  with(changes: Partial<LabFleetProps>): LabFleet {
    return new LabFleet(
      this.lab,
      { ...this.props, ...changes },
      this.ports,
      this.first,
      this.second,
      this.nodes,
      this.shards,
    );
  }

  /** The port of the first proxy. */
  get proxyPort(): number {
    return this.first.proxy;
  }

  /** The port of a shard, or of its second server. */
  portOf(ordinal: number, server: Side = 'a'): number {
    if (server === 'b') return this.second.b[ordinal];
    return usesTls(this.props.tls) ? this.second.tls[ordinal] : this.ports[ordinal];
  }

  /** The port of a Sentinel. */
  sentinelPort(ordinal: number): number {
    return this.second.sentinels[ordinal];
  }

  /** The pod of a shard, or of its second server, ready to run. */
  shardPod(ordinal: number, server: Side = 'a'): LabPod {
    const { redis } = this.charts;
    const statefulSet = server === 'a' ? redis.statefulSet : redis.replicaStatefulSet;
    if (statefulSet === undefined) throw new Error('this fleet has no replicas');
    const port = this.portOf(ordinal, server);
    const own = server === 'a' ? redis.port : redis.replicaPort;
    const known = this.shardAddresses();
    const ofShard = [redis.addresses, redis.replicaAddresses].map((all) => known[all[ordinal]]).join(' ');
    const [plain, tls] = [this.ports[ordinal], this.second.tls[ordinal]];
    const replace = {
      ...known,
      [serversIn(redis)]: ofShard,
      ...(server === 'a' && this.props.tls
        ? { 'port 6379': `port ${plain}`, '6379': `${plain}`, '6389': `${tls}`, ...RENEW_OFTEN }
        : { [`port ${own}`]: `port ${port}`, [`${own}`]: `${port}` }),
    };
    return this.pod(statefulSet.toJson() as Manifest, `${statefulSet.name}-${ordinal}`, replace, this.nodes.get(port));
  }

  /** The pod of a Sentinel, ready to run. */
  sentinelPod(ordinal: number): LabPod {
    const { sentinels } = this.charts;
    if (sentinels === undefined) throw new Error('this fleet has no Sentinels');
    const { statefulSet, port } = sentinels;
    const own = this.sentinelPort(ordinal);
    const replace = { ...this.shardAddresses(), [`${port}`]: `${own}` };
    return this.pod(statefulSet.toJson() as Manifest, `${statefulSet.name}-${ordinal}`, replace, this.nodes.get(own));
  }

  /** Starts a shard and waits until its readiness probe succeeds. */
  async startShard(ordinal: number): Promise<Program> {
    const pod = this.shardPod(ordinal);
    const program = await pod.start();
    this.shards.set(ordinal, program);
    // A probe is a shell: not one after the other while the server starts.
    await program.ready(() => accepts(this.portOf(ordinal)));
    return program.ready(async () => (await pod.exec(this.probe('readinessProbe')).exit()) === 0);
  }

  /** Stops a shard as kubelet does. */
  async stopShard(ordinal: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.shards.get(ordinal)?.stop(signal);
  }

  /** The process of a shard. */
  shard(ordinal: number): Program {
    const program = this.shards.get(ordinal);
    if (program === undefined) throw new Error(`shard ${ordinal} was never started`);
    return program;
  }

  /** The command of a probe of the shards. */
  probe(name: 'readinessProbe' | 'livenessProbe' | 'startupProbe'): string[] {
    const statefulSet = this.charts.redis.statefulSet.toJson() as Manifest;
    return (statefulSet.spec.template.spec.containers[0][name] as { exec: { command: string[] } }).exec.command;
  }

  /** The pod of the first proxy, ready to run, or of one with other ports. */
  proxyPod(ports = this.first, node?: LabNode): LabPod {
    const { deployment } = this.charts.proxies;
    const replace = {
      ...this.shardAddresses(),
      ...this.bridgeStates(),
      ...Object.fromEntries(ports.bridge.map((port, n) => [`127.0.0.1:${BRIDGE.firstPort + n}`, `127.0.0.1:${port}`])),
      [`${BRIDGE.healthPort}`]: `${ports.health}`,
      [`${this.first.proxy}`]: `${ports.proxy}`,
      ...Object.fromEntries(this.first.others.map((port, i) => [`${port}`, `${ports.others[i]}`])),
      [`${this.first.stats}`]: `${ports.stats}`,
    };
    return this.pod(deployment.toJson() as Manifest, `${deployment.name}-${ports.proxy}`, replace, node);
  }

  /** Starts the first proxy and returns its nutcracker. */
  async startProxy(): Promise<Program> {
    const program = await this.proxyPod().start();
    return program.ready(() => accepts(this.proxyPort));
  }

  /** Starts a proxy with its own ports. */
  async addProxy(): Promise<LabProxy> {
    const ports = await proxyPorts(
      this.charts.proxies.bridgeConfigMap ? this.props.servers : 0,
      this.props.others?.length,
    );
    const node = await this.props.network?.addNode(Object.values(ports).flat());
    const pod = this.proxyPod(ports, node);
    const program = await pod.start();
    await program.ready(() => accepts(ports.proxy));
    return { pod, ports };
  }

  /** The pod of the metrics, ready to run; it reads the statistics of one proxy. */
  metricsPod(redisPort: number, proxyPort: number, proxy: ProxyPorts): LabPod {
    const { deployment, ports } = this.metrics();
    return this.pod(deployment.toJson() as Manifest, deployment.name, {
      ...this.shardAddresses(),
      '/redis_exporter': '/usr/bin/prometheus-redis-exporter',
      [`${ports[0]}`]: `${redisPort}`,
      [`${ports[1]}`]: `${proxyPort}`,
      [`${this.first.stats}`]: `${proxy.stats}`,
    });
  }

  /** The files for Prometheus with the addresses of the servers in the lab, by name. */
  prometheusFiles(): Data {
    const { data } = this.metrics().scrapeConfigMap.toJson() as { data: Data };
    const replace = (text: string): string =>
      Object.entries(this.shardAddresses()).reduce(
        (all, [name, local]) => all.replaceAll(`${name} `, `${local} `),
        text,
      );
    return Object.fromEntries(Object.entries(data).map(([name, text]) => [name, replace(text)]));
  }

  /** The queries of all panels and variables of the dashboard. */
  dashboardQueries(): string[] {
    const { data } = this.metrics().dashboardConfigMap?.toJson() as { data: Data };
    const [text] = Object.values(data);
    const { panels, templating } = JSON.parse(text) as Manifest;
    const variables = (templating.list as Manifest[]).filter(({ type }) => type === 'query');
    return [
      ...variables.map(({ query }) => query as string),
      ...(panels as Manifest[]).flatMap(({ targets = [] }) =>
        (targets as Manifest[]).map(({ expr }) => expr as string),
      ),
    ];
  }

  private metrics(): FleetMetrics {
    if (this.charts.metrics === undefined) throw new Error('this fleet has no metrics');
    return this.charts.metrics;
  }

  /** A pod of the Job of a step of the migration or of the failover program, ready to run. `name` is the Job's, which Kubernetes sets as a label of the pod. */
  jobPod(step: string, name = this.jobName(step)): LabPod {
    return this.pod(this.job(step).toJson() as Manifest, name, this.shardAddresses());
  }

  /** The name of the Job of a step. */
  jobName(step: string): string {
    return this.job(step).name;
  }

  private job(step: string): k8s.KubeJob {
    const jobs = (this.charts.migration ?? this.charts.failover)?.jobs ?? {};
    if (!(step in jobs)) throw new Error(`this fleet has no Job ${step}`);
    return jobs[step];
  }

  /** A pod of the Job of a step of the passwords program, ready to run. */
  passwordJobPod(step: string, replace: Data = {}): LabPod {
    const job = this.passwords().jobs[step];
    return this.pod(job.toJson() as Manifest, job.name, { ...this.shardAddresses(), ...replace });
  }

  /** A pod of the CronJob of the backups, ready to run. */
  backupPod(replace: Data = {}): LabPod {
    const { backup } = this.charts;
    if (backup === undefined) throw new Error('this fleet has no backups');
    const { spec } = backup.cronJob.toJson() as Manifest;
    return this.pod(spec.jobTemplate as Manifest, backup.name, { ...this.shardAddresses(), ...replace });
  }

  /** passwords.json with the addresses of the lab, as a file. */
  passwordPlanFile(): string {
    return this.inLab(this.passwords().planConfigMap, 'passwords.json');
  }

  private passwords(): FleetPasswords {
    if (this.charts.passwords === undefined) throw new Error('the password of this fleet has no second key');
    return this.charts.passwords;
  }

  /** plan.json with the addresses of the lab, as a file. */
  planFile(): string {
    const { migration } = this.charts;
    if (migration === undefined) throw new Error('this fleet does not migrate');
    return this.inLab(migration.planConfigMap, 'plan.json');
  }

  /** replicas.json with the addresses of the lab, as a file. */
  replicaPlanFile(): string {
    const { failover } = this.charts;
    if (failover === undefined) throw new Error('this fleet has no replicas');
    return this.inLab(failover.planConfigMap, 'replicas.json');
  }

  private inLab(configMap: k8s.KubeConfigMap, name: string): string {
    const { data } = configMap.toJson() as { data: Data };
    let plan = data[name];
    for (const [known, address] of Object.entries(this.shardAddresses()))
      plan = plan.replace(`"${known}"`, `"${address}"`);
    return this.lab.write(name, plan);
  }

  /** A client of the first proxy, or of one on that port. */
  client(port = this.proxyPort): Redis {
    return connect(port, this.password);
  }

  /** A client of one shard. */
  shardClient(ordinal: number): Redis {
    return connect(this.portOf(ordinal), this.password, this.tlsOfClients);
  }

  /** Of a client that trusts every server. */
  private get tlsOfClients(): ClientOptions {
    return usesTls(this.props.tls) ? { tls: { rejectUnauthorized: false } } : {};
  }

  /** A client of one shard that may change its role. */
  roleClient(ordinal: number): Redis {
    const username = this.charts.redis.startAsReplica ? ROLE_USER : undefined;
    return connect(this.portOf(ordinal), this.password, { username, ...this.tlsOfClients });
  }

  /** The ordinal of the shard on which the old fleet's ring puts a key. */
  ordinalOf(key: string): number {
    return this.pool.servers.indexOf(this.ring.serverFor(key));
  }

  /** Sends commands to one shard in order; they may change its role. */
  async change(ordinal: number, ...commands: string[][]): Promise<void> {
    const client = this.roleClient(ordinal);
    await Promise.all(commands.map(([command, ...args]) => client.call(command, ...args)));
    client.disconnect();
  }

  private shardAddresses(): Data {
    const { addresses, replicaAddresses, sentinelAddresses } = this.charts.redis;
    const local = (all: string[], ports: readonly number[]): [string, string][] =>
      all.map((address, n) => [address, `${this.nodes.get(ports[n])?.address ?? '127.0.0.1'}:${ports[n]}`]);
    const { b, sentinels } = this.second;
    // That without TLS, where everything else uses the one with it.
    const plain = usesTls(this.props.tls) ? addresses.map((it) => `${it.slice(0, it.lastIndexOf(':'))}:6379`) : [];
    return Object.fromEntries([
      ...local(plain, this.ports),
      ...local(
        addresses,
        addresses.map((_, n) => this.portOf(n)),
      ),
      ...local(replicaAddresses, b),
      ...local(sentinelAddresses, sentinels),
    ]);
  }

  /** HAProxy also reads the ports of its servers from the state file, where they have no address. */
  private bridgeStates(): Data {
    const data = (this.charts.proxies.bridgeConfigMap?.toJson() as { data: Partial<Data> } | undefined)?.data;
    const lines =
      data?.['stopped-servers']?.matchAll(/^(0 shard-(\d+) 1 (?:new|shard) .*) (\d+)( - [01] 0 - - 0)$/gm) ?? [];
    return Object.fromEntries(
      [...lines].map(([line, before, ordinal, , after]) => [line, `${before} ${this.portOf(Number(ordinal))}${after}`]),
    );
  }

  /**
   * The files of a failover bridge. In a cluster, all servers a have one port; here each has its own, by which the health checks
   * tell the servers of a shard apart.
   */
  private failoverBridge(): Record<string, Data> {
    const { redis, proxies } = this.charts;
    const { bridgeConfigMap, bridgeStatesConfigMap } = proxies;
    if (!bridgeConfigMap || !bridgeStatesConfigMap) return {};
    const local = this.shardAddresses();
    const password = { name: 'fleet-redis' };
    const shards = redis.addresses.map((a, n) => ({ a: local[a], b: local[redis.replicaAddresses[n]] }));
    const sentinels = redis.sentinelAddresses.map((address) => local[address]);
    const options = { ...BRIDGE, metrics: this.props.metrics !== undefined };
    const bridge = this.props.asksRoleOnly
      ? new MigrationBridge(
          shards.map(({ a, b }) => ({ newAddress: a, oldAddress: b })),
          BRIDGE,
          password,
        )
      : new FailoverBridge({ shards, sentinels, options, password });
    const { data } = bridgeConfigMap.toJson() as { data: Data };
    return {
      [bridgeConfigMap.name]: { ...data, 'haproxy.cfg': bridge._haproxyConfig('0.0.0.0') },
      [bridgeStatesConfigMap.name]: { 'stopped-servers': bridge._stoppedServers() },
    };
  }

  /** The data of all ConfigMaps, by name. */
  private get configMaps(): Record<string, Data> {
    this.known ??= {
      ...(Object.fromEntries(
        ofKind(this.app, 'ConfigMap').map(({ metadata, data }) => [metadata.name, data]),
      ) as Record<string, Data>),
      ...this.failoverBridge(),
    };
    return this.known;
  }

  private pod(workload: Manifest, name: string, replace: Data, node?: LabNode): LabPod {
    const { migration, oldSecretValue = '', path, secondValue = '' } = this.props;
    const secret = { password: this.password, ...(secondValue !== '' && { second: secondValue }) };
    const ofOldUser = migration?.oldUser && { [migration.oldUser.password.name]: { password: oldSecretValue } };
    return new LabPod(this.lab, {
      name,
      spec: workload.spec.template.spec as k8s.PodSpec,
      configMaps: this.configMaps,
      secrets: { 'fleet-redis': secret, ...ofOldUser, ...(this.props.certificates as unknown as Record<string, Data>) },
      replace: { ...replace, ...this.props.replace },
      path: typeof path === 'function' ? path(name) : path,
      node,
    });
  }
}

/** The line with the servers of a shard, without its ordinal; an unlikely text in a fleet without replicas. */
export function serversIn({ configMap }: FleetCharts['redis']): string {
  const { servers = 'no servers' } = (configMap.toJson() as { data: Partial<Data> }).data;
  return servers.trim();
}

async function proxyPorts(servers: number, others = 0): Promise<ProxyPorts> {
  const [proxy, stats, health, ...rest] = await freePorts(3 + others + servers);
  return { proxy, stats, health, others: rest.slice(0, others), bridge: rest.slice(others) };
}

function oldPool(servers: number): NutcrackerPool {
  return new NutcrackerPool({
    name: 'alpha',
    listen: '0.0.0.0:22121',
    hashTag: '{}',
    redis: true,
    redisAuth: 'old',
    // Far longer than any delay on a busy machine, since no test is about it.
    timeout: 20_000,
    servers: Array.from({ length: servers }, (_, i) => new NutcrackerServer({ address: `old-${i}:6379` })),
  });
}
