// A synthesized fleet with replicas whose TLS is turned on and off: both servers of each shard, the Sentinels, the proxies and the Jobs are the
// pods of the charts, which are applied one phase after another. Each server has an address of its own, so that all have the ports of the charts.

import * as nodeTls from 'node:tls';
import { randomInt } from 'node:crypto';
import { App, Size } from 'cdk8s';
import { type k8s } from 'cdk8s-plus-27';
import { type Redis } from 'ioredis';
import {
  AppendFsync,
  FleetCharts,
  type FleetChartsProps,
  HashRing,
  HashType,
  NutcrackerPool,
  NutcrackerServer,
  RedisConfig,
  ShardStorage,
  type TlsPhase,
} from '../../lib';
import { otherSide, type Side, SIDES } from '../../lib/failover/replica-plan';
import { ROLE_USER } from '../../lib/migration/plan';
import { type Authority, type CertificateSecret, renewIn } from './certificates';
import { connect, PASSWORD } from './clients';
import { serversIn } from './fleet';
import { LabKubelet } from './kubelet';
import { freePorts, type Lab, until } from './lab';
import { reachablePorts, replyToPing } from './listening';
import { Load, type LoadProps } from './load';
import { LabPod } from './pod';
import { type Manifest, ofKind, validationErrors } from './synth';

type Data = Record<string, string>;

/** A phase of TLS, or none. */
export type Phase = TlsPhase | 'none';

interface Running {
  readonly pod: LabPod;
  readonly template: string;
}

interface RunningProxy extends Running {
  readonly ports: ReadonlyMap<number, number>;
}

/** The ports of the charts, without TLS and with it. */
export const PORTS = { a: [6379, 6389], b: [6380, 6390], sentinel: [26_379, 26_389] } as const;
const PROXY = 22_121;
export const HEALTH = 8404;
/** Of clients, if the proxies have one. Not 6379, which the lab could not tell from the port of the shards. */
export const CLIENT_TLS_PORT = 7379;
const SENTINELS = [0, 1, 2];

/** Sentinel looks at replicas every ten seconds, and repeats a failover that failed twice as often. */
const PATIENCE_MS = 150_000;

/** The scripts look more often than in a cluster. */
const HASTE: Data = { 'TLS_RENEW_SECONDS:-10': 'TLS_RENEW_SECONDS:-0.2', 'RESTART_SECONDS:-20': 'RESTART_SECONDS:-10' };

export class LabTlsReplicas {
  charts!: FleetCharts;
  /** The certificate of the servers and Sentinels. */
  secret: CertificateSecret;
  /** How long a pod may take until it is ready. */
  patienceMs = PATIENCE_MS;
  protected readonly running = new Map<string, Running>();
  /** All pods that were ever started, the newest first. */
  private readonly starting: LabPod[] = [];
  private proxy?: RunningProxy;
  private isFirst = true;
  private clients?: Load;
  private readonly kubelet = new LabKubelet(() => [...this.running.values()].map(({ pod }) => pod));
  // Two labs would have to draw the same of 50,000.
  protected readonly network = `127.${randomInt(16, 250)}.${randomInt(1, 250)}`;
  protected readonly pool: NutcrackerPool;
  private readonly ring: HashRing;

  constructor(
    protected readonly lab: Lab,
    private readonly shards: number,
    private readonly authority: Authority,
    private readonly props: Partial<FleetChartsProps> = {},
  ) {
    this.secret = this.issue();
    this.pool = new NutcrackerPool({
      name: 'lab',
      listen: `0.0.0.0:${PROXY}`,
      hash: HashType.MD5,
      redis: true,
      redisAuth: 'in the Secret',
      timeout: 20_000,
      servers: this.ordinals.map((n) => new NutcrackerServer({ address: `old-${n}:6379` })),
    });
    this.ring = HashRing.of(this.pool);
  }

  /** Of a fleet that has more than its shards. */
  protected get moreProps(): Partial<FleetChartsProps> {
    return {};
  }

  protected get moreSecrets(): Record<string, Data> {
    return {};
  }

  get ordinals(): number[] {
    return Array.from({ length: this.shards }, (_, n) => n);
  }

  /** Every name and address of the fleet. */
  get hosts(): Data {
    const servers = this.ordinals.flatMap((n) => SIDES.map((side) => [this.nameOf(n, side), this.hostOf(n, side)]));
    const sentinels = SENTINELS.map((n) => [`fleet-sentinel-${n}`, this.sentinelHost(n)]);
    return Object.fromEntries([...servers, ...sentinels]) as Data;
  }

  issue(authority = this.authority, options: Parameters<Authority['issue']>[1] = {}): CertificateSecret {
    const { hosts } = this;
    return authority.issue(Object.keys(hosts), { addresses: Object.values(hosts), ...options });
  }

  hostOf(ordinal: number, side: Side): string {
    return `${this.network}.${(side === 'a' ? 10 : 110) + ordinal}`;
  }

  sentinelHost(n: number): string {
    return `${this.network}.${200 + n}`;
  }

  private nameOf(ordinal: number, side: Side): string {
    return `fleet-shard-${ordinal}${side === 'b' ? '-b' : ''}`;
  }

  get proxyPod(): LabPod {
    if (this.proxy === undefined) throw new Error('there is no proxy');
    return this.proxy.pod;
  }

  server(ordinal: number, side: Side): LabPod {
    return this.podOf(`fleet-redis${side === 'b' ? '-b' : ''}-${ordinal}`);
  }

  sentinel(n: number): LabPod {
    return this.podOf(`fleet-sentinel-${n}`);
  }

  get pods(): LabPod[] {
    return [...this.running.values()].map(({ pod }) => pod);
  }

  /** The output of a container of a pod whose name begins so, also while it starts; empty before. */
  outputOf(name: string, container: string): string {
    const pod = this.starting.find((it) => it.name.startsWith(name) && it.started(container));
    return pod?.program(container).output ?? '';
  }

  private podOf(name: string): LabPod {
    const running = this.running.get(name);
    if (running === undefined) throw new Error(`there is no pod ${name}`);
    return running.pod;
  }

  /** Starts clients, which from now on connect to the proxies of each phase. */
  async load(props: Partial<LoadProps> = {}): Promise<Load> {
    this.clients = await Load.start({
      ports: [this.proxyPort],
      password: PASSWORD,
      shards: this.shards,
      shardOf: (key) => this.pool.servers.indexOf(this.ring.serverFor(key)),
      clients: 8,
      ...props,
    });
    return this.clients;
  }

  get proxyPort(): number {
    return this.proxy?.ports.get(PROXY) ?? 0;
  }

  /** A port of the proxy of which the charts have the number. */
  proxyPortOf(number: number): number {
    return this.proxy?.ports.get(number) ?? 0;
  }

  /** Synthesizes a phase, and makes the pods what it has, as `kubectl apply` and the controllers would: all workloads at once, each pod by pod. */
  async apply(phase: Phase): Promise<void> {
    this.charts = this.synthesize(phase);
    const rollouts = [this.rollSentinels(this.isFirst), ...SIDES.map((side) => this.rollServers(side, this.isFirst))];
    const stopped = (await Promise.allSettled(rollouts)).find((it) => it.status === 'rejected');
    if (stopped) throw stopped.reason as Error;
    await this.untilReplicated();
    this.isFirst = false;
    await this.rollProxy();
  }

  /** The Sentinels one after another, as their StatefulSet does. */
  protected async rollSentinels(atOnce = false): Promise<void> {
    if (atOnce) await Promise.all(SENTINELS.map((n) => this.rollSentinel(n)));
    else for (const n of [...SENTINELS].reverse()) await this.rollSentinel(n);
  }

  async rollSentinel(n: number): Promise<void> {
    const { sentinels } = this.charts;
    if (sentinels === undefined) throw new Error('the charts have no Sentinels');
    const host = this.sentinelHost(n);
    const replace = { "printf 'port %s": `printf 'bind ${host}\\nport %s`, '127.0.0.1': host };
    const name = `fleet-sentinel-${n}`;
    const replies = (): Promise<string | undefined> => this.ask(host, PORTS.sentinel, (client) => client.ping());
    await this.applyPod(sentinels.statefulSet, name, replace, async () => (await replies()) !== undefined);
  }

  /** The servers a or b, one after another. */
  protected async rollServers(side: Side, atOnce = false): Promise<void> {
    if (atOnce) await Promise.all(this.ordinals.map((n) => this.applyServer(n, side)));
    else for (const n of [...this.ordinals].reverse()) await this.applyServer(n, side);
  }

  /** Synthesizes a phase, without changing a pod. */
  prepare(phase: Phase): void {
    this.charts = this.synthesize(phase);
  }

  private async applyServer(ordinal: number, side: Side): Promise<void> {
    const { redis } = this.charts;
    const statefulSet = side === 'a' ? redis.statefulSet : redis.replicaStatefulSet;
    if (statefulSet === undefined) throw new Error('the charts have no replicas');
    const host = this.hostOf(ordinal, side);
    const [plain, tls] = [0, 1].map((i) =>
      SIDES.map((one) => `${this.hostOf(ordinal, one)}:${PORTS[one][i]}`).join(' '),
    );
    const line = serversIn(redis);
    const isTls = line.split(' ')[0].endsWith(`:${PORTS.a[1]}`);
    const both = isTls ? `${tls} ${plain}` : `${plain} ${tls}`;
    const name = `fleet-redis${side === 'b' ? '-b' : ''}-${ordinal}`;
    const replace = {
      'protected-mode no': `protected-mode no\nbind ${host}`,
      '127.0.0.1': host,
      // Where nothing listens.
      '127.0.0.1 1': '127.0.0.1 1',
      [line]: line.split(' ').length === 4 ? both : plain,
    };
    await this.applyPod(statefulSet, name, replace, () => this.isReady(this.podOf(name)));
  }

  /** Whether the controller goes on to the next pod. */
  protected isReady(pod: LabPod): Promise<boolean> {
    return pod.ready();
  }

  private async applyPod(
    workload: k8s.KubeStatefulSet,
    name: string,
    replace: Data,
    isReady: () => Promise<boolean>,
  ): Promise<void> {
    const template = templateOf(workload);
    const before = this.running.get(name);
    if (before?.template === template) return;
    if (before) {
      await before.pod.stop();
      this.running.delete(name);
    }
    const pod = this.podOfWorkload(workload, name, replace);
    await pod.start();
    this.running.set(name, { pod, template });
    await until(`${name} is ready`, isReady, this.patienceMs);
  }

  /** Deletes the pod of a server, which its StatefulSet creates again. */
  async restart(ordinal: number, side: Side): Promise<void> {
    const pod = this.server(ordinal, side);
    await pod.stop();
    this.running.delete(pod.name);
    await this.applyServer(ordinal, side);
  }

  /** Kills a server, and keeps it down. */
  async lose(ordinal: number, side: Side): Promise<void> {
    this.kubelet.hold([this.server(ordinal, side)]);
    await this.kill(ordinal, side);
  }

  /** Starts it again. */
  regain(ordinal: number, side: Side): void {
    this.kubelet.release([this.server(ordinal, side)]);
  }

  /** Kills a server, which kubelet restarts. */
  async kill(ordinal: number, side: Side): Promise<void> {
    await this.server(ordinal, side).program('redis').stop('SIGKILL');
  }

  /** Replaces the files of the certificate in all pods, as kubelet does. */
  renew(secret: CertificateSecret): void {
    this.secret = secret;
    renewIn(this.starting, secret);
  }

  /** The Job of a step of the failover program, or another workload, until it ends; with its output and exit code. */
  async job(workload: { toJson(): unknown }, name: string, env: Data = {}): Promise<string> {
    const program = await this.podOfWorkload(workload, name, {}).withEnv(env).start();
    const code = await program.exit();
    return `${program.output}exit code ${String(code)}`;
  }

  async failoverJob(step: string, env: Data = {}): Promise<string> {
    const job = this.charts.failover?.jobs[step];
    if (job === undefined) throw new Error(`there is no Job ${step}`);
    return this.job(job, job.name, env);
  }

  /** Asks a server, by a port that it has now. */
  async ask<T>(
    host: string,
    ports: readonly number[],
    question: (client: Redis) => Promise<T>,
  ): Promise<T | undefined> {
    for (const [i, port] of ports.entries()) {
      // An attempt without TLS at a port with it would leave a line in the log.
      const tls = i === 1 && { tls: { rejectUnauthorized: false } };
      const username = host.startsWith(`${this.network}.20`) ? undefined : ROLE_USER;
      const client = connect(port, PASSWORD, { host, username, commandTimeout: 2000, retryStrategy: null, ...tls });
      const reply = await question(client).catch(() => undefined);
      client.disconnect();
      if (reply !== undefined) return reply;
    }
    return undefined;
  }

  /** INFO replication of a server. */
  async replication(ordinal: number, side: Side): Promise<Data> {
    const info = await this.ask(this.hostOf(ordinal, side), PORTS[side], (client) => client.info('replication'));
    const fields = (info ?? '').split('\r\n').map((line) => line.split(/:(.*)/s).slice(0, 2));
    return Object.fromEntries(fields) as Data;
  }

  /** The server that is a master; undefined unless there is exactly one. */
  async masterOf(ordinal: number): Promise<Side | undefined> {
    const roles = await Promise.all(SIDES.map((side) => this.replication(ordinal, side)));
    const masters = SIDES.filter((_, i) => roles[i].role === 'master');
    return masters.length === 1 ? masters[0] : undefined;
  }

  /** The port of the master that each Sentinel names. */
  async votes(ordinal: number): Promise<(number | undefined)[]> {
    return Promise.all(
      SENTINELS.map((n) =>
        this.ask(this.sentinelHost(n), PORTS.sentinel, async (sentinel) => {
          const reply = await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', `shard-${ordinal}`);
          return Array.isArray(reply) ? Number(reply[1]) : undefined;
        }),
      ),
    );
  }

  /** Whether a Sentinel would promote the replica. */
  private async isEligible(n: number, ordinal: number): Promise<boolean> {
    const found = await this.ask(this.sentinelHost(n), PORTS.sentinel, async (sentinel) => {
      const replicas = (await sentinel.call('SENTINEL', 'REPLICAS', `shard-${ordinal}`)) as string[][];
      return replicas.some((fields) => {
        const value = (name: string): string | undefined => fields[fields.indexOf(name) + 1];
        return value('flags') === 'slave' && value('slave-priority') === '100';
      });
    });
    return found === true;
  }

  /** Waits until the replica of a shard is in sync, which Sentinels see within a second when its master is down. Returns the master. */
  async untilInSync(ordinal: number): Promise<Side> {
    let master: Side | undefined;
    await until(
      `the replica of shard ${ordinal} is in sync`,
      async () => {
        master = await this.masterOf(ordinal);
        const replica = master && (await this.replication(ordinal, otherSide(master)));
        return replica?.master_link_status === 'up' && replica.slave_priority === '100';
      },
      PATIENCE_MS,
    );
    return master ?? 'a';
  }

  /** Waits until every shard has a master that all Sentinels name by the same port, and a replica that each of them could promote. */
  async untilReplicated(): Promise<void> {
    for (const ordinal of this.ordinals) {
      await until(
        `shard ${ordinal} has a replica that could be promoted`,
        async () => {
          const master = await this.masterOf(ordinal);
          if (master === undefined) return false;
          const replica = await this.replication(ordinal, otherSide(master));
          if (replica.master_link_status !== 'up' || replica.slave_priority !== '100') return false;
          const port = Number(replica.master_port);
          if (!(await this.votes(ordinal)).every((vote) => vote === port)) return false;
          return (await Promise.all(SENTINELS.map((n) => this.isEligible(n, ordinal)))).every(Boolean);
        },
        PATIENCE_MS,
      );
    }
  }

  /** The serial number of the certificate that a server or Sentinel has. */
  async serialAt(host: string, port: number): Promise<string | undefined> {
    return new Promise((resolve) => {
      const socket = nodeTls.connect({ host, port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
      socket.once('error', () => {
        resolve(undefined);
      });
    });
  }

  /** The ports on which servers and Sentinels listen outside of their pods. */
  get openPorts(): number[] {
    const programs = this.pods.map((pod) => pod.program(pod.spec.containers[0].name));
    return [...new Set(reachablePorts(programs).map(({ port }) => port))].sort((x, y) => x - y);
  }

  /** What they reply there to a client without TLS, if it is Redis. */
  async plainReplies(): Promise<string[]> {
    const all = this.openPorts.flatMap((port) => Object.values(this.hosts).map((host) => replyToPing(port, host)));
    return (await Promise.all(all)).filter((reply) => /^[-+]/.test(reply));
  }

  /** Before the lab is closed. */
  async close(): Promise<void> {
    await this.kubelet.stop();
  }

  /** Starts the new proxy, sends new connections to it, and stops the other one. */
  async rollProxy(): Promise<void> {
    const { deployment } = this.charts.proxies;
    const template = templateOf(deployment);
    const former = this.proxy;
    if (former?.template === template) return;
    const numbers = [PROXY, CLIENT_TLS_PORT, HEALTH, 8405, 22_222, ...this.ordinals.map((n) => 10_000 + n)];
    const free = await freePorts(numbers.length);
    const ports = new Map(numbers.map((number, n) => [number, free[n]]));
    const replace = Object.fromEntries([...ports].map(([number, port]) => [`${number}`, `${port}`]));
    const pod = this.podOfWorkload(deployment, `${deployment.name}-${free[0]}`, replace);
    const program = await pod.start();
    await program.ready(() => pod.ready());
    this.proxy = { pod, template, ports };
    this.clients?.routeTo([this.proxyPort]);
    const stopped = former?.pod.spec.containers.map(({ name }) => former.pod.program(name).stop('SIGKILL')) ?? [];
    await Promise.all(stopped);
  }

  /** A pod of a workload of the charts, ready to run. */
  podOfWorkload(workload: { toJson(): unknown }, name: string, replace: Data = {}): LabPod {
    const configMaps = ofKind(App.of(this.charts), 'ConfigMap');
    const addresses = Object.entries(this.hosts).flatMap(([server, host]) =>
      Object.values(PORTS)
        .flat()
        .map((port): [string, string] => [`${server}:${port}`, `${host}:${port}`]),
    );
    const manifest = workload.toJson() as Manifest;
    const spec = (manifest.kind === 'CronJob' ? manifest.spec.jobTemplate.spec : manifest.spec).template
      .spec as k8s.PodSpec;
    const pod = new LabPod(this.lab, {
      name,
      spec,
      configMaps: Object.fromEntries(configMaps.map(({ metadata, data }) => [metadata.name, data])) as Record<
        string,
        Data
      >,
      secrets: {
        'fleet-redis': { password: PASSWORD },
        shards: this.secret as unknown as Data,
        ...this.moreSecrets,
      },
      replace: { ...Object.fromEntries(addresses), ...HASTE, ...replace },
    });
    this.starting.unshift(pod);
    return pod;
  }

  protected synthesize(phase: Phase): FleetCharts {
    const app = new App();
    const charts = new FleetCharts(app, 'fleet', {
      pool: this.pool,
      // A kill must not lose acknowledged writes.
      redis: { replicas: 1, config: RedisConfig.of({ appendfsync: AppendFsync.ALWAYS }) },
      storage: ShardStorage.nfs({ server: 'nfs', path: '/export', capacity: Size.gibibytes(1) }),
      proxies: { image: 'twemproxy:0.5.0' },
      ...this.props,
      ...this.moreProps,
      ...(phase !== 'none' && { tls: { secretName: 'shards', phase } }),
    });
    const errors = validationErrors(app);
    if (errors.length > 0) throw new Error(errors.join('\n'));
    return charts;
  }
}

/** The pods of a workload change if a ConfigMap does, since its name does. */
function templateOf(workload: { toJson(): unknown }): string {
  return JSON.stringify((workload.toJson() as Manifest).spec.template);
}
