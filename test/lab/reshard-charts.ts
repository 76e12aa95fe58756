// A synthesized fleet whose ring changes: its shards, its Sentinels, its proxies and its Jobs are the pods of the charts, which are applied
// one phase after another. Each server has an address of its own, so that all have the ports of the charts.

import * as fs from 'node:fs';
import { App } from 'cdk8s';
import { type k8s } from 'cdk8s-plus-27';
import { type Redis, type RedisOptions } from 'ioredis';
import { type FleetCharts } from '../../lib';
import { otherSide, type Side, SIDES } from '../../lib/failover/replica-plan';
import { reshardPlan } from '../../lib/reshard/plan-json';
import { RING_USERS, type ReshardPlan, type RingId } from '../../reshard/plan/plan';
import { Rings } from '../../reshard/plan/rings';
import { Authority, type CertificateSecret, renewIn } from './certificates';
import { connect } from './clients';
import { type LabClusterPods } from './cluster-pods';
import { CopyJob } from './copy-job';
import { readDataset } from './dataset';
import { RENEW_OFTEN, serversIn } from './fleet';
import { LabKubelet } from './kubelet';
import { accepts, freePorts, type Lab, until } from './lab';
import { type Load, type LoadProps } from './load';
import { LabPod } from './pod';
import { LabReshard, PASSWORD } from './reshard';
import {
  chartsOf,
  CLIENT_TLS_PORT,
  ringOf,
  SENTINELS,
  serversOf,
  type Stage,
  StageAddresses,
  text,
} from './reshard-stage';
import { type Manifest, ofKind } from './synth';

type Data = Record<string, string>;

export interface LabReshardChartsProps {
  readonly first: readonly number[];
  readonly mostShards: number;
  /** Whether each shard has two servers, which Sentinels monitor. */
  readonly hasReplicas?: boolean;
  /** The nodes of the Redis Cluster to which it moves. */
  readonly cluster?: LabClusterPods;
  /** Whether the shards and the proxies have TLS only. */
  readonly hasTls?: boolean;
}

/** A running pod, and what its workload and its ConfigMaps were when it started. */
interface Running {
  readonly pod: LabPod;
  readonly template: string;
}

interface RunningProxy extends Running {
  readonly port: number;
  readonly healthPort: number;
}

/** The number of proxies. */
const PROXIES = 2;
const HEALTH = 8404;
/** The name in the certificate of each of them. */
const PROXY_NAME = 'proxies.example.net';

/** Sentinel looks at replicas every ten seconds, and repeats a failover that failed twice as often. */
const PATIENCE_MS = 150_000;

export class LabReshardCharts extends LabReshard {
  /** Starts the fleet with its first ring. */
  static async start(lab: Lab, props: LabReshardChartsProps): Promise<LabReshardCharts> {
    const { first, mostShards } = props;
    const network = new StageAddresses(props.hasTls);
    // There is none yet: both rings are the first one.
    const placed = { pool: ringOf(first), ordinals: [...first.keys()] };
    const users = RING_USERS.map((user) => ({ ...placed, user }));
    const on = (side: Side): string[] => Array.from({ length: mostShards }, (_, n) => text(network.server(n, side)));
    const addresses = { addresses: on('a'), ...(props.hasReplicas && { replicaAddresses: on('b') }) };
    const fleet = new LabReshardCharts(lab, reshardPlan('fleet', users[0], users[1], addresses), network, props);
    try {
      await fleet.apply({ rings: [first] });
    } catch (error) {
      await fleet.close();
      throw error;
    }
    return fleet;
  }

  private readonly authority?: Authority;
  /** By the names of their Secrets. */
  private readonly certificates: Readonly<Record<string, CertificateSecret>>;
  private charts!: FleetCharts;
  /** By the names of the pods. */
  private readonly running = new Map<string, Running>();
  private proxies: RunningProxy[] = [];
  private clients?: Load;
  private readonly kubelet = new LabKubelet(() => [...this.running.values()].map(({ pod }) => pod));
  /** The names of the charts, and what they are in the lab. */
  private readonly addresses: Data;

  private constructor(
    lab: Lab,
    plan: ReshardPlan,
    private readonly network: StageAddresses,
    private readonly props: LabReshardChartsProps,
  ) {
    super(lab, plan);
    const hosts = network.hosts(props.mostShards);
    this.authority = props.hasTls ? new Authority(lab, 'lab') : undefined;
    this.certificates = this.authority
      ? {
          shards: this.authority.issue(Object.keys(hosts), { addresses: Object.values(hosts) }),
          proxies: this.authority.issue([PROXY_NAME]),
        }
      : {};
    // With TLS, the Jobs need the names of the nodes.
    const nodes = Object.entries(props.cluster?.hasTls ? {} : (props.cluster?.hosts ?? {})).map(([name, host]) => [
      `"${name}"`,
      `"${host}"`,
    ]);
    this.addresses = { ...network.replacements(props.mostShards), ...(Object.fromEntries(nodes) as Data) };
  }

  /** The pods of all servers, by name. */
  get shardPods(): LabPod[] {
    return [...this.running.values()].map(({ pod }) => pod).filter(({ name }) => name.startsWith('fleet-redis'));
  }

  /** The pods of the proxies. */
  get proxyPods(): LabPod[] {
    return this.proxies.map(({ pod }) => pod);
  }

  /** The health endpoints of the proxies. */
  get healthPorts(): number[] {
    return this.proxies.map(({ healthPort }) => healthPort);
  }

  /** The sides of the servers that a shard has. */
  private get sides(): readonly Side[] {
    return this.props.hasReplicas ? SIDES : ['a'];
  }

  override async contents(keys: readonly string[], ring: RingId): Promise<Record<string, unknown>> {
    const { cluster } = this.props;
    if (ring === 'a' || !cluster) return super.contents(keys, ring);
    return cluster.withClient((client) => readDataset(client as unknown as Redis, keys));
  }

  /** Starts clients, which connect to the proxies of each stage. */
  override async load(props: Partial<LoadProps>): Promise<Load> {
    const tls = this.authority && { ca: this.authority.certificate, servername: PROXY_NAME };
    return (this.clients = await super.load({ tls, ...props }));
  }

  /** Synthesizes a stage, and makes the pods what it has, as `kubectl apply` in the order of the files and the controllers would. */
  async apply(stage: Stage): Promise<void> {
    this.charts = this.chartsOf(stage);
    const { reshard, redis } = this.charts;
    if (reshard) {
      this.plan = this.localPlan();
      this.rings = new Rings(this.plan);
    }
    // One after the other, as a StatefulSet rolls; nothing needs those that start first.
    const isFirst = this.running.size === 0;
    for (const n of this.props.hasReplicas ? SENTINELS : []) await this.applySentinel(n, !isFirst);
    const ordinals = [...redis.addresses.keys()];
    const isNew = (ordinal: number): boolean => !this.running.has(this.podName(ordinal, 'a'));
    await Promise.all(
      ordinals.filter(isNew).flatMap((ordinal) => this.sides.map((side) => this.applyServer(ordinal, side))),
    );
    for (const ordinal of ordinals) for (const side of this.sides) await this.applyServer(ordinal, side);
    const left = this.shardPods.filter(({ name }) => Number(name.split('-').pop()) >= ordinals.length);
    if (this.props.hasReplicas) await this.untilReplicated();
    await this.rollProxies();
    await Promise.all(left.map((pod) => this.remove(pod)));
  }

  private chartsOf(stage: Stage): FleetCharts {
    const { hasReplicas, hasTls, cluster } = this.props;
    return chartsOf(stage, hasReplicas, hasTls, cluster?.hasTls);
  }

  /** Runs the Job of a step, which must succeed, and returns its output. */
  async runJob(step: string): Promise<string> {
    return succeeded(this.jobPod(step));
  }

  /** Runs the Job of a step; its exit code and its output. */
  endOfJob(step: string): Promise<[number | null, string]> {
    return endOf(this.jobPod(step));
  }

  /** Hands a shard over to a server by a Job. */
  async switchOver(ordinal: number, to: Side): Promise<void> {
    const job = this.charts.failover?.jobs.switchover;
    if (job === undefined) throw new Error('the charts have no replicas');
    await succeeded(this.pod(job, job.name, {}).withEnv({ FAILOVER_SHARDS: String(ordinal), FAILOVER_TO: to }));
  }

  /** Gives the servers and Sentinels a certificate for another name, which they load while they run. */
  renameServers(name: string): void {
    if (this.authority === undefined) throw new Error('there is no TLS');
    renewIn(this.shardPods, this.authority.issue([name], { noAddress: true }));
  }

  /** Starts the Job `copy`, and waits until everything is copied. */
  async copyJob(): Promise<CopyJob> {
    const job = new CopyJob(() => this.jobPod('copy').start());
    await job.follows();
    return job;
  }

  /** Starts one proxy of a stage beside those that run. */
  async startProxyPod(stage: Stage): Promise<LabPod> {
    return (await this.proxyOf(this.chartsOf(stage))).pod;
  }

  /** Deletes the pod of a server, which its StatefulSet creates again. */
  async restart(ordinal: number, side: Side, hasNewDisk = false): Promise<void> {
    const { pod } = this.found(this.podName(ordinal, side));
    await this.remove(pod);
    if (hasNewDisk) fs.rmSync(pod.directory('/data'), { recursive: true });
    await this.applyServer(ordinal, side);
  }

  /** Kills a server, which kubelet restarts. */
  async kill(ordinal: number, side: Side): Promise<void> {
    await this.found(this.podName(ordinal, side)).pod.program('redis').stop('SIGKILL');
  }

  /** The process of each server, to see that none was restarted. */
  serverProcesses(): Record<string, number | undefined> {
    return Object.fromEntries(this.shardPods.map((pod) => [pod.name, pod.program('redis').child.pid]));
  }

  /** Waits until every shard has a master that all Sentinels name, and a replica that they could promote. */
  async untilReplicated(): Promise<void> {
    for (const ordinal of this.charts.redis.addresses.keys()) {
      await until(
        `shard ${ordinal} has a replica that could be promoted`,
        async () => {
          const master = await this.masterOf(ordinal);
          const replica = this.network.server(ordinal, otherSide(master));
          const info = await this.onAddress(replica, (client) => client.info('replication')).catch(() => '');
          const isReady = info.includes('master_link_status:up') && info.includes('slave_priority:100');
          return (
            isReady && (await this.votes(ordinal)).every((port) => port === this.network.server(ordinal, master).port)
          );
        },
        PATIENCE_MS,
      );
    }
  }

  /** The port of the master that each Sentinel names; undefined if it does not monitor the shard. */
  async votes(ordinal: number): Promise<(number | undefined)[]> {
    const name = `shard-${ordinal}`;
    return Promise.all(
      SENTINELS.map(async (n) => {
        const { host, port } = this.network.sentinel(n);
        const sentinel = connect(port, PASSWORD, { host, ...this.clientOptions });
        const reply = await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name).catch(() => null);
        sentinel.disconnect();
        return Array.isArray(reply) ? Number(reply[1]) : undefined;
      }),
    );
  }

  /** Whether the default user, as which bridges check servers, can wait in each server for a change of its role. */
  async checksWait(): Promise<boolean> {
    const waits = [...this.charts.redis.addresses.keys()].flatMap((ordinal) =>
      this.sides.map(async (side) => {
        const { host, port } = this.network.server(ordinal, side);
        const client = connect(port, PASSWORD, { host, ...this.clientOptions });
        const reply = await client.call('XREAD', 'BLOCK', 1, 'STREAMS', 'cdk8s-twemproxy-wait', '$').catch(() => 'no');
        client.disconnect();
        return reply === null;
      }),
    );
    return (await Promise.all(waits)).every(Boolean);
  }

  /** The users of rings that may use keys, of every server: one, if it is the same on all of them. */
  async usersThatServe(): Promise<string[]> {
    const found = [...this.charts.redis.addresses.keys()].flatMap((ordinal) =>
      this.sides.map((side) =>
        this.onAddress(this.network.server(ordinal, side), async (client) => {
          const users = (await client.call('ACL', 'LIST')) as string[];
          const serve = RING_USERS.filter((name) =>
            users.some((it) => it.startsWith(`user ${name} `) && it.includes(' ~* ')),
          );
          return serve.join(' and ');
        }),
      ),
    );
    return [...new Set(await Promise.all(found))];
  }

  /** Before the lab is closed. */
  async close(): Promise<void> {
    await this.kubelet.stop();
  }

  private podName(ordinal: number, side: Side): string {
    return `fleet-redis${side === 'b' ? '-b' : ''}-${ordinal}`;
  }

  private found(name: string): Running {
    const running = this.running.get(name);
    if (running === undefined) throw new Error(`there is no pod ${name}`);
    return running;
  }

  private async remove(pod: LabPod): Promise<void> {
    await pod.stop();
    this.running.delete(pod.name);
  }

  protected override get clientOptions(): RedisOptions {
    return this.authority ? { tls: { ca: this.authority.certificate } } : {};
  }

  /** A pod of the Job of a step, ready to run. */
  private jobPod(step: string): LabPod {
    const job = this.charts.reshard?.jobs[step];
    if (job === undefined) throw new Error(`there is no Job ${step}`);
    return this.pod(job, job.name, {}).with({ path: this.props.cluster?.path });
  }

  private async applyServer(ordinal: number, side: Side): Promise<void> {
    const { redis } = this.charts;
    const statefulSet = side === 'a' ? redis.statefulSet : redis.replicaStatefulSet;
    if (statefulSet === undefined) throw new Error('the charts have no replicas');
    const { host, port } = this.network.server(ordinal, side);
    await this.applyPod(statefulSet, this.podName(ordinal, side), {
      ...(this.authority ? { 'port 0': `port 0\nbind ${host}` } : { [`port ${port}`]: `port ${port}\nbind ${host}` }),
      '127.0.0.1': host,
      ...RENEW_OFTEN,
      [serversIn(redis)]: serversOf(this.network, ordinal, this.props.hasTls),
    });
  }

  private async applySentinel(n: number, isAwaited: boolean): Promise<void> {
    const { sentinels } = this.charts;
    if (sentinels === undefined) throw new Error('the charts have no Sentinels');
    const { host } = this.network.sentinel(n);
    const replace = { "printf 'port %s": `printf 'bind ${host}\\nport %s`, '127.0.0.1': host };
    await this.applyPod(sentinels.statefulSet, `fleet-sentinel-${n}`, replace, false);
    if (isAwaited) await until('the Sentinel replies', async () => (await this.votes(0))[n] !== undefined, PATIENCE_MS);
  }

  private async applyPod(
    workload: k8s.KubeStatefulSet,
    name: string,
    replace: Data,
    isReadyBySelf = true,
  ): Promise<void> {
    const template = this.templateOf(workload);
    const before = this.running.get(name);
    if (before?.template === template) return;
    if (before) await this.remove(before.pod);
    const pod = this.pod(workload, name, replace);
    await pod.start();
    this.running.set(name, { pod, template });
    if (isReadyBySelf) await until(`${name} is ready`, () => pod.ready(), PATIENCE_MS);
  }

  /** Starts the new proxies, sends new connections to them, and stops the others. */
  private async rollProxies(): Promise<void> {
    const template = this.templateOf(this.charts.proxies.deployment);
    const former = this.proxies;
    if (former.length > 0 && former[0].template === template) return;
    this.proxies = await Promise.all(Array.from({ length: PROXIES }, () => this.proxyOf(this.charts)));
    for (const { pod } of this.proxies) await until('the proxy is ready', () => pod.ready());
    const ports = this.proxies.map(({ port }) => port);
    this.proxyPorts.splice(0, Infinity, ...ports);
    this.clients?.routeTo(ports);
    await Promise.all(former.map(({ pod }) => kill(pod)));
  }

  private async proxyOf(charts: FleetCharts): Promise<RunningProxy> {
    // Each port of the charts becomes one of these: for clients, their TLS, health, statistics, both nutcrackers, and the bridge.
    const clients = this.props.hasTls ? [CLIENT_TLS_PORT, 22_121, 8405] : [22_121];
    const numbers = [
      ...[...clients, HEALTH, 22_222, 22_223, 9998, 9999],
      ...Array.from({ length: 2 * this.props.mostShards }, (_, n) => 10_000 + n),
    ];
    const ports = await freePorts(numbers.length);
    const { deployment } = charts.proxies;
    const replace = Object.fromEntries(numbers.map((number, n) => [`${number}`, `${ports[n]}`]));
    const pod = this.pod(deployment, `${deployment.name}-${ports[0]}`, replace, charts);
    const program = await pod.start();
    await program.ready(() => accepts(ports[0]));
    return { pod, port: ports[0], healthPort: ports[numbers.indexOf(HEALTH)], template: this.templateOf(deployment) };
  }

  /** The pods of a workload, which change if a ConfigMap does, since its name does. */
  private templateOf(workload: { toJson(): unknown }): string {
    return JSON.stringify((workload.toJson() as Manifest).spec.template);
  }

  private pod(workload: { toJson(): unknown }, name: string, replace: Data, charts = this.charts): LabPod {
    const configMaps = ofKind(App.of(charts), 'ConfigMap');
    return new LabPod(this.lab, {
      name,
      spec: (workload.toJson() as Manifest).spec.template.spec as k8s.PodSpec,
      configMaps: Object.fromEntries(configMaps.map(({ metadata, data }) => [metadata.name, data])) as Record<
        string,
        Data
      >,
      secrets: {
        'fleet-redis': { password: PASSWORD },
        ...(this.certificates as unknown as Readonly<Record<string, Data>>),
        ...(this.props.cluster?.certificates as unknown as Readonly<Record<string, Data>>),
      },
      replace: { ...this.addresses, ...replace },
    });
  }

  /** The plan of the charts, with the addresses of the lab. */
  private localPlan(): ReshardPlan {
    const { reshard } = this.charts;
    if (reshard === undefined) return this.plan;
    const { data } = reshard.planConfigMap.toJson() as { data: Data };
    const local = Object.entries(this.addresses).reduce(
      (all, [name, host]) => all.replaceAll(name, host),
      data['reshard.json'],
    );
    return JSON.parse(local) as ReshardPlan;
  }
}

/** Runs a pod; its exit code and its output. */
async function endOf(pod: LabPod): Promise<[number | null, string]> {
  const program = await pod.start();
  return [await program.exit(), program.output];
}

/** Runs a pod that must succeed, and returns its output. */
async function succeeded(pod: LabPod): Promise<string> {
  const [code, output] = await endOf(pod);
  if (code !== 0) throw new Error(`the Job ${pod.name} exited with ${String(code)}:\n${output}`);
  return output;
}

/** Ends a pod at once: its delay at a stop would take the most of a test. */
export async function kill(pod: LabPod): Promise<void> {
  await Promise.all(pod.spec.containers.map(({ name }) => pod.program(name).stop('SIGKILL')));
}
