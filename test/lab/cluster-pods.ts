// The pods of a synthesized Redis Cluster, as processes with an IP address of their own each, which is another one after every start. In
// front of each is its Service, an HAProxy with an address that stays. A name service of the lab knows the Services.

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import { type k8s } from 'cdk8s-plus-27';
import { Chart } from 'cdk8s';
import { type Cluster, type Redis } from 'ioredis';
import { type RedisCluster } from '../../lib';
import { ROLE_USER } from '../../lib/migration/plan';
import { BUS_OFFSET } from '../../lib/redis/cluster-node';
import { type ReshardAddress } from '../../reshard/plan/plan';
import { connect } from './clients';
import { connectToCluster } from './cluster';
import { type Lab, type Program, until } from './lab';
import { LabPod, PATH } from './pod';
import { type Manifest, ofKind } from './synth';

export interface LabClusterPodsProps {
  readonly lab: Lab;
  readonly cluster: RedisCluster;
  readonly password: string;
  /** The name of the Secret. */
  readonly secret: string;
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
  private readonly path: string;
  /** The networks of the Services and of the pods. */
  private network = aNetwork();
  private readonly podNetwork = aNetwork();
  private readonly services = new Map<number, Program>();
  private readonly starts = new Map<number, number>();

  constructor(private readonly props: LabClusterPodsProps) {
    const { lab, cluster } = props;
    this.bin = `${cluster.statefulSet.name}-bin`;
    const getent = lab.write(`${this.bin}/getent`, `#!/bin/sh\ngrep " $2\\$" ${lab.dir}/${this.bin}/names\n`);
    fs.chmodSync(getent, 0o755);
    this.path = `${lab.dir}/${this.bin}:${props.path ?? PATH}`;
    this.writeNames();
  }

  /** The names of the Services, and their addresses. */
  get hosts(): Record<string, string> {
    return Object.fromEntries(
      this.props.cluster.addresses.map((address, n) => [address.slice(0, address.lastIndexOf(':')), this.hostOf(n)]),
    );
  }

  /** Where the nodes are. */
  get addresses(): ReshardAddress[] {
    return this.ordinals.map((n) => this.addressOf(n));
  }

  get ordinals(): number[] {
    return [...this.props.cluster.addresses.keys()];
  }

  addressOf(n: number): ReshardAddress {
    return { host: this.hostOf(n), port: this.props.cluster.port };
  }

  /** Starts all nodes at once. */
  async start(ordinals: readonly number[] = this.ordinals): Promise<void> {
    await Promise.all(
      ordinals.map(async (n) => {
        this.starts.set(n, (this.starts.get(n) ?? -1) + 1);
        await this.startService(n);
        const pod = this.pod(
          this.props.cluster.statefulSet,
          `${this.props.cluster.statefulSet.name}-${n}`,
          this.podHostOf(n),
        );
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
    this.props.lab.write(`${this.bin}/names`, '');
    await this.start();
    this.writeNames();
  }

  /** Kills all nodes, and starts them with other addresses. */
  async restartWithOtherAddresses(): Promise<void> {
    await Promise.all(this.ordinals.map((n) => this.kill(n)));
    this.network = aNetwork(this.network);
    this.writeNames();
    await this.start();
  }

  node(n: number): Program {
    return this.found(n).program('redis');
  }

  /** Runs a probe of a node, and returns its exit code. */
  async probe(n: number, name: 'startupProbe' | 'readinessProbe' | 'livenessProbe'): Promise<number | null> {
    const pod = this.found(n);
    return pod.exec(pod.container('redis')[name]?.exec?.command ?? []).exit();
  }

  /** Starts the Job that creates the cluster. */
  async startJob(): Promise<Program> {
    const { createJob } = this.props.cluster;
    return this.pod(createJob, `${createJob.name}-${randomInt(1e6)}`).start();
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
    const client = connect(port, this.props.password, { host, username, retryStrategy: () => null });
    try {
      return await work(client);
    } finally {
      client.disconnect();
    }
  }

  /** Runs work with a client of the cluster, as the user of the program. */
  async withClient<T>(work: (client: Cluster) => Promise<T>): Promise<T> {
    const client = connectToCluster(this.addresses, this.props.password, undefined, ROLE_USER);
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
    await until(
      'the cluster is whole',
      async () => (await Promise.all(ordinals.map(isSettled))).every(Boolean),
      PATIENCE_MS,
    );
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
    const { lab, cluster } = this.props;
    await this.services.get(n)?.stop('SIGKILL');
    const times = ['timeout connect 2s', 'timeout client 1h', 'timeout server 1h', 'retries 0'];
    const ports = [cluster.port, cluster.port + BUS_OFFSET];
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

  private writeNames(): void {
    const text = Object.entries(this.hosts).map(([name, host]) => `${host} ${name}\n`);
    this.props.lab.write(`${this.bin}/names`, text.join(''));
  }

  private pod(workload: { toJson(): unknown }, name: string, host = ''): LabPod {
    const { lab, cluster, password, secret } = this.props;
    const configMaps = ofKind(Chart.of(cluster), 'ConfigMap').map(({ metadata, data }) => [metadata.name, data]);
    const port = `port ${cluster.port}`;
    return new LabPod(lab, {
      name,
      spec: (workload.toJson() as Manifest).spec.template.spec as k8s.PodSpec,
      configMaps: Object.fromEntries(configMaps) as Record<string, Record<string, string>>,
      secrets: { [secret]: { password } },
      replace: host === '' ? {} : { [port]: `${port}\nbind ${host}`, '127.0.0.1': host },
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
