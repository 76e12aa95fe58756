// A synthesized fleet whose TLS is turned on and off: its shards and proxies are the pods of the charts, which are applied one phase after
// another.

import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { App, Size } from 'cdk8s';
import { type k8s } from 'cdk8s-plus-27';
import {
  AppendFsync,
  type ClientTls,
  FleetCharts,
  type FleetChartsProps,
  HashRing,
  HashType,
  NutcrackerPool,
  NutcrackerServer,
  RedisConfig,
  ShardStorage,
  type ShardTls,
} from '../../lib';
import { tlsPortOf } from '../../lib/redis/server-ports';
import { type CertificateSecret } from './certificates';
import { PASSWORD } from './clients';
import { freePorts, type Lab } from './lab';
import { Load, type LoadProps } from './load';
import { LabPod } from './pod';
import { type Manifest, ofKind, validationErrors } from './synth';

type Data = Record<string, string>;

/** What of TLS is turned on. */
export interface Stage {
  readonly tls?: ShardTls;
  readonly clientTls?: ClientTls;
}

/** The Secrets with certificates, by name. */
export type Secrets = Record<string, CertificateSecret>;

/** The Secret with the password of the fleet. */
const FLEET_PASSWORD = 'fleet-redis';

interface Running {
  readonly pod: LabPod;
  readonly template: string;
}

interface RunningProxy extends Running {
  readonly ports: ReadonlyMap<number, number>;
}

/** The numbers of the ports in the charts. */
const PLAIN = 6379;
const TLS = tlsPortOf(PLAIN);
const PROXY = 22_121;
const HEALTH = 8404;
const STATS = 22_222;
/** Of clients. Not 6379, which the lab could not tell from the port of the shards. */
export const CLIENT_TLS_PORT = 7379;

export class LabTls {
  charts!: FleetCharts;
  readonly secrets: Secrets = {};
  private password: Data = { password: PASSWORD };
  private readonly shards: Running[] = [];
  private proxies: RunningProxy[] = [];
  private startingProxy?: LabPod;
  private startingHealthPort = 0;
  private readonly pool: NutcrackerPool;
  private readonly ring: HashRing;
  private clients?: Load;

  static async of(lab: Lab, shards: number, props: Partial<FleetChartsProps> = {}): Promise<LabTls> {
    return new LabTls(lab, shards, await freePorts(2 * shards), props);
  }

  private constructor(
    private readonly lab: Lab,
    private readonly count: number,
    private readonly ports: readonly number[],
    private readonly props: Partial<FleetChartsProps>,
  ) {
    const servers = Array.from({ length: count }, (_, n) => new NutcrackerServer({ address: `old-${n}:6379` }));
    const pool = {
      name: 'lab',
      listen: `0.0.0.0:${PROXY}`,
      hash: HashType.MD5,
      redis: true,
      redisAuth: 'in the Secret',
      timeout: 20_000,
    };
    this.pool = new NutcrackerPool({ ...pool, servers });
    this.ring = HashRing.of(this.pool);
  }

  /** The port of a shard in the lab, without TLS or with it. */
  portOf(ordinal: number, kind: 'plain' | 'tls'): number {
    return this.ports[2 * ordinal + (kind === 'plain' ? 0 : 1)];
  }

  /** The port of the first proxy in the lab, without TLS or with it. */
  proxyPort(kind: 'plain' | 'tls'): number {
    return this.proxies[0].ports.get(kind === 'plain' ? PROXY : CLIENT_TLS_PORT) ?? 0;
  }

  shardPod(ordinal: number): LabPod {
    return this.shards[ordinal].pod;
  }

  get proxyPod(): LabPod {
    return this.proxies[0].pod;
  }

  ordinalOf(key: string): number {
    return this.pool.servers.indexOf(this.ring.serverFor(key));
  }

  /** Starts clients, which from now on connect to the proxies of each stage. `tls` is how they connect; without it, they use plain ports. */
  async load(tls?: ConnectionOptions, props: Partial<LoadProps> = {}): Promise<Load> {
    this.clients = await Load.start({
      ports: [this.proxyPort(tls ? 'tls' : 'plain')],
      password: PASSWORD,
      shards: this.count,
      shardOf: (key) => this.ordinalOf(key),
      tls,
      ...props,
    });
    return this.clients;
  }

  /** Synthesizes a stage, and makes the pods what it has, as `kubectl apply` and the controllers would: shards one after another. */
  async apply(stage: Stage): Promise<void> {
    this.charts = this.synthesize(stage);
    const ordinals = [...this.charts.redis.addresses.keys()];
    if (this.shards.length === 0) await Promise.all(ordinals.map((ordinal) => this.applyShard(ordinal)));
    for (const ordinal of ordinals) await this.applyShard(ordinal);
    await this.rollProxy();
  }

  /** The result of the last check of a shard by the newest bridge, such as L6RSP for a failed handshake; empty before it runs. */
  async lastCheck(ordinal: number): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.startingHealthPort}/;csv`).catch(() => undefined);
    const [names = [], ...rows] = ((await response?.text()) ?? '').split('\n').map((line) => line.split(','));
    const row = rows.find(([proxy, server]) => proxy === `shard-${ordinal}` && server === 'shard') ?? [];
    return row[names.indexOf('check_status')] ?? '';
  }

  /** Replaces the certificate in a Secret, and its files in all pods. */
  renew(name: string, secret: CertificateSecret): void {
    this.secrets[name] = secret;
    this.rewrite(name, secret as unknown as Data);
  }

  /** Replaces the passwords in the Secret, and their files in all pods. */
  changePassword(secret: { readonly password: string; readonly second?: string }): void {
    this.password = secret;
    this.rewrite(FLEET_PASSWORD, this.password);
  }

  /** As kubelet does. */
  private rewrite(name: string, secret: Data): void {
    for (const pod of [
      ...[...this.shards, ...this.proxies].map((it) => it.pod),
      ...(this.startingProxy ? [this.startingProxy] : []),
    ]) {
      for (const volume of pod.spec.volumes ?? []) {
        const sources = (volume.projected?.sources ?? []).filter((it) => it.secret?.name === name);
        for (const { key, path: file } of sources.flatMap((it) => it.secret?.items ?? [])) {
          if (!(key in secret)) continue;
          const target = path.join(pod.directory(this.mountOf(pod, volume.name)), file);
          fs.writeFileSync(`${target}.new`, secret[key]);
          fs.chmodSync(`${target}.new`, 0o644);
          fs.renameSync(`${target}.new`, target);
        }
      }
    }
  }

  /** A pod of a workload of the charts, ready to run. */
  pod(workload: { toJson(): unknown }, name: string, replace: Data = {}): LabPod {
    const configMaps = ofKind(App.of(this.charts), 'ConfigMap');
    const local = this.charts.redis.addresses.map((address, n): [string, string] => {
      return [address, `127.0.0.1:${this.portOf(n, address.endsWith(`:${TLS}`) ? 'tls' : 'plain')}`];
    });
    return new LabPod(this.lab, {
      name,
      spec: (workload.toJson() as Manifest).spec.template.spec as k8s.PodSpec,
      configMaps: Object.fromEntries(configMaps.map(({ metadata, data }) => [metadata.name, data])) as Record<
        string,
        Data
      >,
      secrets: { [FLEET_PASSWORD]: this.password, ...(this.secrets as unknown as Record<string, Data>) },
      replace: { ...Object.fromEntries(local), ...replace },
    });
  }

  private mountOf(pod: LabPod, volume: string): string {
    const mounts = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].flatMap((it) => it.volumeMounts ?? []);
    return mounts.find(({ name }) => name === volume)?.mountPath ?? '';
  }

  private async applyShard(ordinal: number): Promise<void> {
    const { statefulSet } = this.charts.redis;
    const template = templateOf(statefulSet);
    const before = ordinal in this.shards ? this.shards[ordinal] : undefined;
    if (before?.template === template) return;
    await before?.pod.stop();
    const [plain, tls] = (['plain', 'tls'] as const).map((kind) => `${this.portOf(ordinal, kind)}`);
    const replace = { [`${PLAIN}`]: plain, [`${TLS}`]: tls, 'TLS_RENEW_SECONDS:-10': 'TLS_RENEW_SECONDS:-0.2' };
    const pod = this.pod(statefulSet, `${statefulSet.name}-${ordinal}`, replace);
    const program = await pod.start();
    await program.ready(() => pod.ready());
    this.shards[ordinal] = { pod, template };
  }

  /** Starts the new proxy, sends new connections to it, and stops the other one. */
  private async rollProxy(): Promise<void> {
    const { deployment } = this.charts.proxies;
    const template = templateOf(deployment);
    const former = this.proxies;
    if (former.length > 0 && former[0].template === template) return;
    this.proxies = [await this.startProxy()];
    this.clients?.routeTo([this.proxyPort(this.clients.usesTls ? 'tls' : 'plain')]);
    await Promise.all(former.map((proxy) => this.stopProxy(proxy)));
  }

  /** Starts one more proxy, which is the first from now on. */
  async addProxy(): Promise<{ port: number; stopOthers: () => Promise<void> }> {
    const [former, proxy] = [this.proxies, await this.startProxy()];
    this.proxies = [proxy, ...former];
    const stopOthers = async (): Promise<void> => {
      this.proxies = [proxy];
      await Promise.all(former.map((other) => this.stopProxy(other)));
    };
    return { port: this.proxyPort('tls'), stopOthers };
  }

  private async stopProxy({ pod }: RunningProxy): Promise<void> {
    await Promise.all(pod.spec.containers.map(({ name }) => pod.program(name).stop('SIGKILL')));
  }

  private async startProxy(): Promise<RunningProxy> {
    const { deployment } = this.charts.proxies;
    const numbers = [PROXY, CLIENT_TLS_PORT, HEALTH, HEALTH + 1, STATS, ...this.ports.map((_, n) => 10_000 + n)];
    const free = await freePorts(numbers.length);
    const ports = new Map(numbers.map((number, n) => [number, free[n]]));
    const replace = Object.fromEntries([...ports].map(([number, port]) => [`${number}`, `${port}`]));
    const own = { ...replace, ...this.bridgeStates(), 'PERIOD_MS = 10000': 'PERIOD_MS = 200' };
    const pod = this.pod(deployment, `${deployment.name}-${free[0]}`, own);
    this.startingProxy = pod;
    this.startingHealthPort = ports.get(HEALTH) ?? 0;
    const program = await pod.start();
    await program.ready(() => pod.ready());
    return { pod, template: templateOf(deployment), ports };
  }

  /** HAProxy also reads the ports of its servers from the state file, where they have no address. */
  private bridgeStates(): Data {
    const { bridgeConfigMap } = this.charts.proxies;
    const data = (bridgeConfigMap?.toJson() as { data: Data } | undefined)?.data;
    const lines = data?.['stopped-servers'].matchAll(/^(0 shard-(\d+) 1 shard .*) (\d+)( - [01] 0 - - 0)$/gm) ?? [];
    return Object.fromEntries(
      [...lines].map(([line, before, n, port, after]) => {
        const kind = Number(port) === TLS ? 'tls' : 'plain';
        return [line, `${before} ${this.portOf(Number(n), kind)}${after}`];
      }),
    );
  }

  private synthesize({ tls, clientTls }: Stage): FleetCharts {
    const app = new App();
    const { proxies, ...props } = this.props;
    const charts = new FleetCharts(app, 'fleet', {
      pool: this.pool,
      // A stop must not lose acknowledged writes.
      redis: { config: RedisConfig.of({ appendfsync: AppendFsync.ALWAYS }) },
      storage: ShardStorage.nfs({ server: 'nfs', path: '/export', capacity: Size.gibibytes(1) }),
      ...props,
      proxies: { image: 'twemproxy:0.5.0', ...proxies, clientTls },
      tls,
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

/** The output of the container of a pod. */
export function outputOf(pod: LabPod, container: string): string {
  return pod.program(container).output;
}

/** The serial number of the certificate that a port has, for a client that trusts every authority. */
export async function serialAt(port: number): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}
