// The pods of a synthesized Redis Cluster, as processes with an IP address of their own each, which is another one after every start. In
// front of each is its Service, an HAProxy with an address that stays. A name service of the lab knows the Services.

import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import { type k8s } from 'cdk8s-plus-27';
import { Chart } from 'cdk8s';
import { type Cluster, type Redis } from 'ioredis';
import { type RedisCluster } from '../../lib';
import { ROLE_USER } from '../../lib/migration/plan';
import { type ReshardAddress } from '../../reshard/plan/plan';
import { type CertificateSecret } from './certificates';
import { connect } from './clients';
import { type ClusterClient, connectToCluster } from './cluster';
import { RENEW_OFTEN } from './fleet';
import { type Lab, type Program, until } from './lab';
import { NameService } from './name-service';
import { LabPod, PATH } from './pod';
import { type Manifest, ofKind } from './synth';

export interface LabClusterPodsProps {
  readonly lab: Lab;
  readonly cluster: RedisCluster;
  readonly password: string;
  /** The name of the Secret. */
  readonly secret: string;
  /** The Secrets with certificates, by name. They may change while pods run (`renew`). */
  readonly certificates?: Record<string, CertificateSecret>;
  /** The PATH of the pods. @default - that of Debian */
  readonly path?: string;
}

/** A failover takes the node timeout, and another second; a busy machine much longer. */
const PATIENCE_MS = 150_000;

export class LabClusterPods {
  /** By ordinal. */
  private readonly pods = new Map<number, LabPod>();
  /** The directory of the name service. */
  private readonly bin: string;
  private readonly names: NameService;
  /** The PATH of pods that know the names of the nodes. */
  readonly path: string;
  /** The networks of the Services and of the pods. */
  private network = aNetwork();
  private readonly podNetwork = aNetwork();
  private readonly services = new Map<number, Program>();
  private readonly starts = new Map<number, number>();

  private cluster: RedisCluster;
  /** The Secrets with certificates, by name. */
  readonly certificates: Record<string, CertificateSecret>;

  constructor(private readonly props: LabClusterPodsProps) {
    const { lab, cluster, certificates = {} } = props;
    this.cluster = cluster;
    this.certificates = { ...certificates };
    this.bin = `${cluster.statefulSet.name}-bin`;
    this.names = new NameService(lab, this.bin);
    this.path = `${lab.dir}/${this.bin}:${props.path ?? PATH}`;
    this.names.set(this.hosts);
  }

  /** The names of the Services, and their addresses. */
  get hosts(): Record<string, string> {
    return Object.fromEntries(
      this.cluster.addresses.map((address, n) => [address.slice(0, address.lastIndexOf(':')), this.hostOf(n)]),
    );
  }

  /** Where the nodes are. */
  get addresses(): ReshardAddress[] {
    return this.ordinals.map((n) => this.addressOf(n));
  }

  /** The first nodes of a client, which with TLS are names. */
  get seeds(): ReshardAddress[] {
    const { tlsNames: names, port } = this.cluster;
    return names.length > 0 ? names.map((host) => ({ host, port })) : this.addresses;
  }

  get hasTls(): boolean {
    return this.cluster.tls !== undefined;
  }

  /** How a client of the cluster connects. */
  get client(): ClusterClient {
    return { tls: this.tls && { ...this.tls, lookup: this.names.lookup } };
  }

  /** The same without TLS, to the other port, and its first nodes. */
  plainClient(port: number): { readonly nodes: ReshardAddress[]; readonly client: ClusterClient } {
    const hosts = this.cluster.tlsNames.map((name, n) => [`${name}:${port}`, { host: this.hostOf(n), port }]);
    const natMap = Object.fromEntries(hosts) as ClusterClient['natMap'];
    return { nodes: this.ordinals.map((n) => ({ host: this.hostOf(n), port })), client: { natMap } };
  }

  /** The authorities that clients trust. */
  private get tls(): { readonly ca: string } | undefined {
    const { cluster, certificates } = this;
    if (cluster.tls === undefined) return undefined;
    const { secretName, caSecretName = secretName } = cluster.tls;
    return { ca: certificates[caSecretName]['ca.crt'] };
  }

  get ordinals(): number[] {
    return [...this.cluster.addresses.keys()];
  }

  addressOf(n: number): ReshardAddress {
    return { host: this.hostOf(n), port: this.cluster.port };
  }

  /** Starts all nodes at once. */
  async start(ordinals: readonly number[] = this.ordinals): Promise<void> {
    await Promise.all(
      ordinals.map(async (n) => {
        this.starts.set(n, (this.starts.get(n) ?? -1) + 1);
        await this.startService(n);
        const pod = this.pod(this.cluster.statefulSet, `${this.cluster.statefulSet.name}-${n}`, this.podHostOf(n));
        this.pods.set(n, pod);
        await pod.start();
        await this.node(n).ready(async () => (await this.probe(n, 'startupProbe')) === 0);
      }),
    );
  }

  /** Stops the pod of a node, as kubelet does. */
  async stop(n: number): Promise<void> {
    await this.found(n).stop();
  }

  async kill(n: number): Promise<void> {
    await this.node(n).stop('SIGKILL');
  }

  /** Removes what a node has on its disk. */
  removeDisk(n: number): void {
    fs.rmSync(this.found(n).directory('/data'), { recursive: true });
  }

  /** Kills all nodes, and starts them while their name service is down. */
  async restartWithoutNames(): Promise<void> {
    await Promise.all(this.ordinals.map((n) => this.kill(n)));
    this.names.set({});
    await this.start();
    this.names.set(this.hosts);
  }

  /** Kills all nodes, and starts them with other addresses. */
  async restartWithOtherAddresses(): Promise<void> {
    await Promise.all(this.ordinals.map((n) => this.kill(n)));
    this.network = aNetwork(this.network);
    this.names.set(this.hosts);
    await this.start();
  }

  /** Applies another version of the charts: the nodes restart, one after another. */
  async roll(cluster: RedisCluster): Promise<void> {
    this.cluster = cluster;
    for (const n of [...this.ordinals].reverse()) {
      await this.stop(n);
      await this.start([n]);
      await until('the node is ready', async () => (await this.probe(n, 'readinessProbe')) === 0, PATIENCE_MS);
    }
    await this.settled();
  }

  /** Starts a node that is stopped with another version of the charts, with which it ends; its output. */
  async refusal(n: number, cluster: RedisCluster): Promise<string> {
    const former = this.cluster;
    this.cluster = cluster;
    const program = await this.pod(cluster.statefulSet, `${cluster.statefulSet.name}-${n}`, this.podHostOf(n)).start();
    this.cluster = former;
    await program.exit();
    return program.output;
  }

  /** Replaces a Secret with a certificate; kubelet updates its files, here at once. */
  renew(name: string, secret: CertificateSecret, ordinals = this.ordinals): void {
    this.certificates[name] = secret;
    for (const n of ordinals) {
      const own = this.found(n).directory('/run/tls/own');
      for (const file of ['tls.crt', 'tls.key'] as const) fs.writeFileSync(`${own}/${file}`, secret[file]);
      fs.writeFileSync(`${this.found(n).directory('/run/tls/ca')}/ca.crt`, secret['ca.crt']);
    }
  }

  node(n: number): Program {
    return this.found(n).program('redis');
  }

  /** Runs a probe of a node, and returns its exit code. */
  async probe(n: number, name: 'startupProbe' | 'readinessProbe' | 'livenessProbe'): Promise<number | null> {
    const pod = this.found(n);
    return pod.exec(pod.container('redis')[name]?.exec?.command ?? []).exit();
  }

  /** Starts the Job that creates the cluster. @param env other values of its environment variables */
  async startJob(env: Record<string, string> = {}): Promise<Program> {
    const { createJob } = this.cluster;
    return this.pod(createJob, `${createJob.name}-${randomInt(1e6)}`)
      .withEnv(env)
      .start();
  }

  /** Runs the Job that creates the cluster, which must succeed. */
  async create(): Promise<string> {
    const job = await this.startJob();
    const code = await job.exit();
    if (code !== 0) throw new Error(`the Job exited with ${String(code)}:\n${job.output}`);
    return job.output;
  }

  async on<T>(n: number, work: (client: Redis) => Promise<T>, username = ROLE_USER): Promise<T> {
    const { host, port } = this.addressOf(n);
    const tls = this.tls && { ...this.tls, servername: this.cluster.tlsNames[n] };
    const client = connect(port, this.props.password, { host, username, retryStrategy: () => null, tls });
    try {
      return await work(client);
    } finally {
      client.disconnect();
    }
  }

  /** Runs work with a client of the cluster, as the user of the program. */
  async withClient<T>(work: (client: Cluster) => Promise<T>): Promise<T> {
    const client = connectToCluster(this.seeds, this.props.password, undefined, ROLE_USER, this.client);
    try {
      return await work(client);
    } finally {
      client.disconnect();
    }
  }

  /** Waits until every node of these sees a whole cluster, and every replica follows its master. */
  async settled(ordinals = this.ordinals): Promise<void> {
    const isSettled = async (n: number): Promise<boolean> =>
      this.on(n, async (client) => {
        const [info, nodes, role] = [
          await client.cluster('INFO'),
          String(await client.cluster('NODES')),
          await client.info('replication'),
        ];
        const isWhole = nodes.trim().split('\n').length === this.ordinals.length && !/handshake|noaddr/.test(nodes);
        const isDown = ordinals.length === this.ordinals.length && /\bfail/.test(nodes);
        return info.includes('cluster_state:ok') && isWhole && !isDown && !role.includes('master_link_status:down');
      }).catch(() => false);
    // One after the other: to ask all of them all the time would slow them down.
    for (const n of ordinals) await until(`node ${n} sees a whole cluster`, () => isSettled(n), PATIENCE_MS);
  }

  /** The ordinals of the masters with slots. */
  async masters(): Promise<number[]> {
    const roles = await Promise.all(
      this.ordinals.map((n) => this.on(n, async (client) => String(await client.cluster('NODES'))).catch(() => '')),
    );
    return this.ordinals.filter((n) => /myself,master - \S+ \S+ \S+ \S+ \d/.test(roles[n]));
  }

  private found(n: number): LabPod {
    const pod = this.pods.get(n);
    if (pod === undefined) throw new Error(`node ${n} was never started`);
    return pod;
  }

  private hostOf(n: number): string {
    return `${this.network}.${n + 1}`;
  }

  private podHostOf(n: number): string {
    const { length } = this.ordinals;
    return `${this.podNetwork}.${1 + n + length * ((this.starts.get(n) ?? 0) % Math.floor(250 / length))}`;
  }

  /** The Service of a node, as kube-proxy implements it: its address, and that of the pod at this moment. */
  private async startService(n: number): Promise<void> {
    const { cluster } = this;
    const { lab } = this.props;
    await this.services.get(n)?.stop('SIGKILL');
    const times = ['timeout connect 2s', 'timeout client 1h', 'timeout server 1h', 'retries 0'];
    const services = cluster.nodeServices[n].toJson() as Manifest;
    const ports = (services.spec.ports as Manifest[]).map(({ port }) => Number(port));
    const listens = ports.flatMap((port) => [
      `listen port-${port}`,
      `bind ${this.hostOf(n)}:${port}`,
      `server pod ${this.podHostOf(n)}:${port}`,
    ]);
    const lines = ['global', 'maxconn 1000', 'defaults', 'mode tcp', ...times, ...listens];
    const file = lab.write(`${this.bin}/service-${n}.cfg`, `${lines.join('\n')}\n`);
    const service = lab.start('haproxy', ['-db', '-f', file], { env: { ...process.env, PATH } });
    this.services.set(n, service);
    const { host, port } = this.addressOf(n);
    await service.ready(() => acceptsAt(host, port));
  }

  private pod(workload: { toJson(): unknown }, name: string, host = ''): LabPod {
    const { cluster } = this;
    const { lab, password, secret } = this.props;
    const configMaps = ofKind(Chart.of(cluster), 'ConfigMap').map(({ metadata, data }) => [metadata.name, data]);
    const port = `port ${cluster.port}`;
    return new LabPod(lab, {
      name,
      spec: (workload.toJson() as Manifest).spec.template.spec as k8s.PodSpec,
      configMaps: Object.fromEntries(configMaps) as Record<string, Record<string, string>>,
      secrets: { [secret]: { password }, ...this.certificates } as Record<string, Record<string, string>>,
      replace:
        host === ''
          ? { 'JOIN_SECONDS:-60': 'JOIN_SECONDS:-5' }
          : { [port]: `${port}\nbind ${host}`, '127.0.0.1': host, ...RENEW_OFTEN },
      path: this.path,
    });
  }
}

/** Two labs would have to draw the same of 50,000. */
function aNetwork(former?: string): string {
  const drawn = `127.${randomInt(16, 250)}.${randomInt(1, 250)}`;
  return drawn === former ? aNetwork(former) : drawn;
}

async function acceptsAt(host: string, port: number): Promise<boolean> {
  const socket = net.connect(port, host);
  const accepted = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return accepted;
}

/** Kills a program and what it has started, as the end of a container does. */
export function killAll({ child: { pid } }: Program): void {
  const found = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const rows = found.map((line) => line.trim().split(/\s+/).map(Number));
  const tree = (parent: number): number[] => [
    parent,
    ...rows.filter(([, ppid]) => ppid === parent).flatMap(([one]) => tree(one)),
  ];
  for (const one of tree(pid ?? NaN)) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}
