// A synthesized fleet whose ring changes: its shards, its proxies and its Jobs are the pods of the charts, which are applied one phase
// after another.

import { App, Size } from 'cdk8s';
import { type k8s } from 'cdk8s-plus-27';
import {
  AppendFsync,
  FleetCharts,
  HashType,
  NutcrackerPool,
  NutcrackerServer,
  RedisConfig,
  type ReshardPhase,
  ShardStorage,
} from '../../lib';
import { reshardPlan } from '../../lib/reshard/plan-json';
import { RING_USERS, type ReshardPlan } from '../../reshard/plan/plan';
import { Rings } from '../../reshard/plan/rings';
import { accepts, freePorts, type Lab, type Program, until } from './lab';
import { type Load, type LoadProps } from './load';
import { LabPod } from './pod';
import { LabReshard, PASSWORD } from './reshard';
import { type Manifest, ofKind, validationErrors } from './synth';

type Data = Record<string, string>;

/** The rings of main.ts, by the weights of their servers: the first one, and one for each change. */
export interface Stage {
  readonly rings: readonly (readonly number[])[];
  /** @default - the ring was never changed */
  readonly phase?: ReshardPhase;
}

/** A running pod, and what its workload and its ConfigMaps were when it started. */
interface Running {
  readonly pod: LabPod;
  readonly template: string;
}

interface RunningProxy extends Running {
  readonly port: number;
}

/** The number of proxies. */
const PROXIES = 2;

/** A busy machine takes longer than shards should be fenced. */
const LONG = ['--deadline', '20000'];
const PATIENT = { preflight: LONG, copy: LONG };

export class LabReshardCharts extends LabReshard {
  /** Starts the fleet with its first ring. */
  static async start(lab: Lab, first: readonly number[], mostShards: number): Promise<LabReshardCharts> {
    const ports = await freePorts(mostShards);
    // There is none yet: both rings are the first one.
    const placed = { pool: ring(first), ordinals: [...first.keys()] };
    const addresses = ports.map((port) => `127.0.0.1:${port}`);
    const users = RING_USERS.map((user) => ({ ...placed, user }));
    const plan = reshardPlan('fleet', users[0], users[1], { addresses });
    const fleet = new LabReshardCharts(lab, plan, ports);
    await fleet.apply({ rings: [first] });
    return fleet;
  }

  private charts!: FleetCharts;
  private readonly shards: Running[] = [];
  private proxies: RunningProxy[] = [];
  private clients?: Load;

  private constructor(
    lab: Lab,
    plan: ReshardPlan,
    private readonly ports: readonly number[],
  ) {
    super(lab, plan);
  }

  /** The pods of the shards, by ordinal. */
  get shardPods(): LabPod[] {
    return this.shards.map(({ pod }) => pod);
  }

  /** The pods of the proxies. */
  get proxyPods(): LabPod[] {
    return this.proxies.map(({ pod }) => pod);
  }

  /** Starts clients, which connect to the proxies of each stage. */
  override async load(props: Partial<LoadProps>): Promise<Load> {
    return (this.clients = await super.load(props));
  }

  /** Synthesizes a stage, and makes the pods of shards and proxies what it has, as `kubectl apply` and the controllers would. */
  async apply(stage: Stage): Promise<void> {
    this.charts = synthesize(stage);
    const { reshard, redis } = this.charts;
    if (reshard) {
      this.plan = this.localPlan();
      this.rings = new Rings(this.plan);
    }
    const ordinals = [...redis.addresses.keys()];
    await Promise.all(
      ordinals.filter((ordinal) => !(ordinal in this.shards)).map((ordinal) => this.applyShard(ordinal)),
    );
    for (const ordinal of ordinals) await this.applyShard(ordinal);
    await this.rollProxies();
    for (const { pod } of this.shards.splice(ordinals.length)) await pod.stop();
  }

  /** Runs the Job of a step, which must succeed, and returns its output. */
  async runJob(step: string): Promise<string> {
    const program = await this.jobPod(step).start();
    const code = await program.exit();
    if (code !== 0) throw new Error(`the Job ${step} exited with ${String(code)}:\n${program.output}`);
    return program.output;
  }

  /** Starts the Job `copy`, and waits until everything is copied. */
  async copyJob(): Promise<Program> {
    const program = await this.jobPod('copy').start();
    return program.ready(() => program.output.includes('copied '));
  }

  /** Starts one proxy of a stage beside those that run. */
  async startProxyPod(stage: Stage): Promise<LabPod> {
    return (await this.proxyOf(synthesize(stage))).pod;
  }

  /** A pod of the Job of a step, ready to run. */
  private jobPod(step: string): LabPod {
    const job = this.charts.reshard?.jobs[step];
    if (job === undefined) throw new Error(`there is no Job ${step}`);
    return this.pod(job, job.name, {});
  }

  private async applyShard(ordinal: number): Promise<void> {
    const { statefulSet } = this.charts.redis;
    const template = this.templateOf(statefulSet);
    const before = ordinal in this.shards ? this.shards[ordinal] : undefined;
    if (before?.template === template) return;
    await before?.pod.stop();
    const port = this.ports[ordinal];
    const pod = this.pod(statefulSet, `${statefulSet.name}-${ordinal}`, { '6379': `${port}` });
    const program = await pod.start();
    await program.ready(async () => (await accepts(port)) && (await pod.ready()));
    this.shards[ordinal] = { pod, template };
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
    const [port, ...others] = await freePorts(6 + this.ports.length);
    const { deployment } = charts.proxies;
    const pod = this.pod(deployment, `${deployment.name}-${port}`, this.inProxy(charts, [port, ...others]), charts);
    const program = await pod.start();
    await program.ready(() => accepts(port));
    return { pod, port, template: this.templateOf(deployment) };
  }

  /** The pods of a workload, which change if a ConfigMap does, since its name does. */
  private templateOf(workload: { toJson(): unknown }): string {
    return JSON.stringify((workload.toJson() as Manifest).spec.template);
  }

  /** The ports in the pod of a proxy: each one of the charts becomes one of these. */
  private inProxy(charts: FleetCharts, ports: readonly number[]): Data {
    const numbers = [22_121, 8404, 22_222, 22_223, 9998, 9999, ...this.ports.map((_, n) => 10_000 + n)];
    return {
      ...Object.fromEntries(numbers.map((number, n) => [`${number}`, `${ports[n]}`])),
      ...this.bridgeStates(charts),
    };
  }

  /** HAProxy also reads the ports of its servers from the state file, where they have no address. */
  private bridgeStates({ proxies, redis }: FleetCharts): Data {
    const data = (proxies.bridgeConfigMap?.toJson() as { data: Data } | undefined)?.data;
    if (data === undefined) return {};
    const places = new Map<string, number>();
    let section = '';
    for (const line of data['haproxy.cfg'].split('\n')) {
      section = /^(?:listen|backend) (\S+)/.exec(line)?.[1] ?? section;
      const [, server, address] = /^ {2}server (\S+) (\S+)/.exec(line) ?? [];
      const ordinal = redis.addresses.indexOf(address);
      if (ordinal >= 0) places.set(`${section} ${server}`, this.ports[ordinal]);
    }
    const lines = data['stopped-servers'].split('\n').flatMap((line): [string, string][] => {
      const [, proxy, , server] = line.split(' ');
      const port = places.get(`${proxy} ${server}`);
      return port === undefined ? [] : [[line, line.replace(' 6379 ', ` ${port} `)]];
    });
    return Object.fromEntries(lines);
  }

  private pod(workload: { toJson(): unknown }, name: string, replace: Data, charts = this.charts): LabPod {
    const configMaps = ofKind(App.of(charts), 'ConfigMap');
    const { addresses } = charts.redis;
    const local = addresses.map((address, n): [string, string] => [address, `127.0.0.1:${this.ports[n]}`]);
    // The plan has hosts and ports apart.
    const planned = addresses.map((address, n): [string, string] => {
      const host = address.slice(0, address.lastIndexOf(':'));
      return [`"host": "${host}", "port": 6379`, `"host": "127.0.0.1", "port": ${this.ports[n]}`];
    });
    return new LabPod(this.lab, {
      name,
      spec: (workload.toJson() as Manifest).spec.template.spec as k8s.PodSpec,
      configMaps: Object.fromEntries(configMaps.map(({ metadata, data }) => [metadata.name, data])) as Record<
        string,
        Data
      >,
      secrets: { 'fleet-redis': { password: PASSWORD } },
      replace: { ...Object.fromEntries([...local, ...planned]), ...replace },
    });
  }

  /** The plan of the charts, with the addresses of the lab. */
  private localPlan(): ReshardPlan {
    const { reshard } = this.charts;
    if (reshard === undefined) return this.plan;
    const { data } = reshard.planConfigMap.toJson() as { data: Data };
    const plan = JSON.parse(data['reshard.json']) as ReshardPlan;
    return { ...plan, shards: plan.shards.map(({ shard }) => ({ shard, host: '127.0.0.1', port: this.ports[shard] })) };
  }
}

/** Ends a pod at once: its delay at a stop would take the most of a test. */
export async function kill(pod: LabPod): Promise<void> {
  await Promise.all(pod.spec.containers.map(({ name }) => pod.program(name).stop('SIGKILL')));
}

/** A ring, by the weights of its servers; 0 for one that it does not have. */
function ring(weights: readonly number[]): NutcrackerPool {
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

function synthesize({ rings: [first, ...others], phase }: Stage): FleetCharts {
  const app = new App();
  const charts = new FleetCharts(app, 'fleet', {
    pool: ring(first),
    ...(phase !== undefined && { reshard: { pools: others.map(ring), phase, stepArguments: PATIENT } }),
    // A kill must not lose acknowledged writes.
    redis: { config: RedisConfig.of({ appendfsync: AppendFsync.ALWAYS }) },
    storage: ShardStorage.nfs({ server: 'nfs', path: '/export', capacity: Size.gibibytes(1) }),
    proxies: { image: 'twemproxy:0.5.0' },
  });
  const errors = validationErrors(app);
  if (errors.length > 0) throw new Error(errors.join('\n'));
  return charts;
}
