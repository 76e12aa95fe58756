// A real Redis Cluster, which redis-cli creates.

import * as path from 'node:path';
import { type ConnectionOptions } from 'node:tls';
import { Cluster, type NatMap, type Redis } from 'ioredis';
import { type ReshardAddress } from '../../reshard/plan/plan';
import { connect } from './clients';
import { accepts, freePorts, type Lab, type Program, until } from './lab';

export interface LabClusterProps {
  readonly password: string;
  /** The user of the reshard program. */
  readonly user: string;
  readonly masters: number;
  /** @default 0 */
  readonly replicasPerMaster?: number;
}

/** A busy machine may stall a node for seconds. */
const NODE_TIMEOUT_MS = 5000;

export class LabCluster {
  static async create(lab: Lab, props: LabClusterProps): Promise<LabCluster> {
    const { masters, replicasPerMaster = 0 } = props;
    const ports = await freePorts(2 * masters * (1 + replicasPerMaster));
    const busPorts = ports.splice(ports.length / 2);
    const cluster = new LabCluster(lab, props, ports);
    await Promise.all(ports.map((port, i) => cluster.startNode(port, busPorts[i])));
    const nodes = ports.map((port) => `127.0.0.1:${port}`);
    await cluster.cli(
      '--cluster',
      'create',
      ...nodes,
      '--cluster-replicas',
      String(replicasPerMaster),
      '--cluster-yes',
    );
    await cluster.settled();
    return cluster;
  }

  private readonly programs = new Map<number, Program>();

  private constructor(
    private readonly lab: Lab,
    private readonly props: LabClusterProps,
    /** The ports of its nodes for clients. */
    readonly ports: number[],
  ) {}

  /** Adds a master without slots. */
  async addNode(): Promise<void> {
    const [port, busPort] = await freePorts(2);
    await this.startNode(port, busPort);
    await this.cli('--cluster', 'add-node', `127.0.0.1:${port}`, `127.0.0.1:${this.ports[0]}`);
    this.ports.push(port);
    await this.settled();
  }

  /** Starts a node, or starts it again. */
  async startNode(port: number, busPort?: number): Promise<void> {
    const { password, user } = this.props;
    const name = `node-${port}`;
    const file = path.join(this.lab.dir, name, 'redis.conf');
    if (!this.programs.has(port)) {
      const lines = [
        `port ${port}`,
        'bind 127.0.0.1',
        `dir ${path.dirname(file)}`,
        'cluster-enabled yes',
        `cluster-port ${String(busPort)}`,
        `cluster-node-timeout ${NODE_TIMEOUT_MS}`,
        `requirepass ${password}`,
        `masterauth ${password}`,
        `user ${user} on >${password} ~* &* +@all`,
        'repl-diskless-sync-delay 0',
        'appendonly yes',
        'save ""',
      ];
      this.lab.write(path.join(name, 'redis.conf'), `${lines.join('\n')}\n`);
    }
    const program = this.lab.start('redis-server', [file]);
    this.programs.set(port, program);
    await program.ready(() => accepts(port));
  }

  async killNode(port: number): Promise<void> {
    await this.programs.get(port)?.stop('SIGKILL');
  }

  /** Waits until every running node is up, agrees with the others, and every replica follows its master. */
  async settled(): Promise<void> {
    await until('the nodes of the cluster agree', async () => {
      const running = this.ports.filter((port) => this.programs.get(port)?.running);
      const seen = await Promise.all(
        running.map((port) =>
          this.onNode(port, async (client) => {
            const isOk = (await client.cluster('INFO')).includes('cluster_state:ok');
            const isLinked = !(await client.info('replication')).includes('master_link_status:down');
            return isOk && isLinked ? summary(String(await client.cluster('NODES'))) : undefined;
          }).catch(() => undefined),
        ),
      );
      return seen[0] !== undefined && seen.every((one) => one === seen[0]);
    });
  }

  /** The port of the master with a slot, as the first running node sees it. */
  async masterOf(slot: number): Promise<number> {
    return (await this.ownersOf(slot))[0];
  }

  /** The port of its replica. The nodes list one only when they know that it has some data. */
  async replicaOf(slot: number): Promise<number> {
    const found: number[] = [];
    await until(`the replica of slot ${slot} is known`, async () => {
      found.push(...(await this.ownersOf(slot)).slice(1));
      return found.length > 0;
    });
    return found[0];
  }

  private async ownersOf(slot: number): Promise<number[]> {
    const port = this.ports.find((one) => this.programs.get(one)?.running);
    if (port === undefined) throw new Error('no node runs');
    const ranges = await this.onNode(port, (client) => client.cluster('SLOTS'));
    const range = ranges.find(([from, to]) => from <= slot && slot <= to);
    if (range === undefined) throw new Error(`no node has slot ${slot}`);
    const [, , ...owners] = range;
    return owners.map(([, ownerPort]) => ownerPort);
  }

  /** Moves slots with their keys from the owner of the first slot to the owner of another one. */
  async moveSlots(count: number, other = 16_383): Promise<void> {
    const [from, to] = await Promise.all(
      [0, other].map(async (slot) => this.onNode(await this.masterOf(slot), (client) => client.cluster('MYID'))),
    );
    const node = `127.0.0.1:${this.ports[0]}`;
    const slots = ['--cluster-slots', String(count), '--cluster-from', from, '--cluster-to', to];
    await this.cli('--cluster', 'reshard', node, ...slots, '--cluster-yes');
    await this.settled();
  }

  /** Runs redis-cli as the user of the program. */
  async cli(...args: string[]): Promise<string> {
    const { user, password } = this.props;
    const program = this.lab.start('redis-cli', ['--user', user, ...args], {
      env: { ...process.env, REDISCLI_AUTH: password },
    });
    const code = await program.exit();
    if (code !== 0) throw new Error(`redis-cli ${args.join(' ')} exited with ${String(code)}:\n${program.output}`);
    return program.output;
  }

  /** Runs work on a node, as the user of the program. */
  async onNode<T>(port: number, work: (client: Redis) => Promise<T>): Promise<T> {
    const client = connect(port, this.props.password, { username: this.props.user });
    try {
      return await work(client);
    } finally {
      client.disconnect();
    }
  }

  /** Runs work with a client of the cluster, as the user of the program. */
  async withClient<T>(work: (client: Cluster) => Promise<T>): Promise<T> {
    const { user, password } = this.props;
    const client = connectToCluster(this.ports, password, undefined, user);
    try {
      return await work(client);
    } finally {
      client.disconnect();
    }
  }
}

/** A node by its port, or by its address. */
export type ClusterNode = number | ReshardAddress;

/** How a client connects to the nodes that it is told. */
export interface ClusterClient {
  /** @default - without TLS */
  readonly tls?: ConnectionOptions;
  /** The addresses of nodes, by those that they announce. */
  readonly natMap?: NatMap;
}

/** A client of a cluster, which follows redirections, and repeats no command that may have been run. */
export function connectToCluster(
  nodes: readonly ClusterNode[],
  password: string,
  timeoutMs = 3000,
  username = 'default',
  { tls, natMap }: ClusterClient = {},
): Cluster {
  const client = new Cluster(
    nodes.map((node) => (typeof node === 'number' ? { host: '127.0.0.1', port: node } : node)),
    {
      lazyConnect: true,
      enableReadyCheck: false,
      clusterRetryStrategy: () => null,
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      slotsRefreshTimeout: timeoutMs,
      natMap,
      // Otherwise it would connect to the IP addresses of its first nodes, which no certificate has.
      ...(tls && {
        dnsLookup: (name, callback): void => {
          callback(null, name);
        },
      }),
      redisOptions: {
        username,
        password,
        tls,
        disableClientInfo: true,
        commandTimeout: timeoutMs,
        connectTimeout: timeoutMs,
        autoResendUnfulfilledCommands: false,
        maxRetriesPerRequest: 0,
      },
    },
  );
  return client.on('error', () => undefined);
}

/** The roles and slots of the nodes, without what each sees of its own. */
function summary(nodes: string): string {
  const rows = nodes.split('\n').filter(Boolean);
  const lines = rows.map((line) => {
    const [id, , flags, master, , , , , ...slots] = line.split(' ');
    return `${id} ${flags.replace('myself,', '')} ${master} ${slots.join(' ')}`;
  });
  return lines.sort().join('\n');
}
