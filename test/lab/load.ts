// Clients that write and read as fast as possible, and record errors, gaps, and a history to check.

import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions } from 'node:tls';
import { type Cluster, type Redis } from 'ioredis';
import { connect } from './clients';
import { type ClusterClient, type ClusterNode, connectToCluster } from './cluster';
import { History, type Violation } from './history';
import { until } from './lab';

export interface LoadProps {
  /** The initial ports of the proxies; a client uses the next one for each connection. */
  readonly ports: readonly number[];
  readonly password: string;
  /** The number of shards, and the ordinal of the shard of a key. */
  readonly shards: number;
  readonly shardOf: (key: string) => number;
  /** @default 16 */
  readonly clients?: number;
  /**
   * The minimum number of clients of each shard. If there are enough clients for every shard, each client uses only one
   * shard, so that waiting for a shard causes no gap at another.
   * @default 4
   */
  readonly clientsPerShard?: number;
  /** @default 4 */
  readonly keysPerShard?: number;
  /**
   * Limit for all clients together.
   * @default - no limit
   */
  readonly operationsPerSecond?: number;
  /**
   * How long a client waits for a reply before it closes the connection.
   * @default 3000
   */
  readonly timeoutMs?: number;
  /**
   * The nodes of a Redis Cluster that clients use from the beginning, and how they connect.
   * @default - they use the proxies
   */
  readonly cluster?: { readonly nodes: readonly ClusterNode[]; readonly client?: ClusterClient };
  /**
   * How clients connect by TLS.
   * @default - they connect without TLS
   */
  readonly tls?: ConnectionOptions;
}

export interface LoadReport {
  readonly operations: number;
  readonly acknowledgedWrites: number;
  readonly keys: number;
  /** The number of each error message, and of `cannot connect`. */
  readonly errors: Record<string, number>;
  /** The number of errors of each connection that had any. */
  readonly errorsPerConnection: Record<string, number>;
  /** By the ordinal of the shard. */
  readonly errorsPerShard: readonly number[];
  /** The longest time from an acknowledged write to the next, in milliseconds, by the ordinal of the shard. A demoted server can be read. */
  readonly gaps: readonly number[];
  /** Operations that no register allows. */
  readonly violations: readonly Violation[];
  /** Keys that lost an acknowledged write: an older value was read after it, or is the final value. */
  readonly lost: readonly string[];
}

/** What the clients observed of a shard. */
interface Seen {
  lastSuccess: number;
  longestGap: number;
  errors: number;
}

interface Key {
  readonly key: string;
  readonly shard: number;
}

interface Connection {
  readonly name: string;
  readonly redis: Redis | Cluster;
  readonly isToCluster: boolean;
}

/** The delay before a client connects again. */
const RECONNECT_MS = 5;

/** Every load has its own keys, since a history starts with missing keys. */
let loads = 0;

export class Load {
  readonly history = new History();
  readonly errors: Record<string, number> = {};
  acknowledgedWrites = 0;
  private readonly errorsPerConnection: Record<string, number> = {};
  private readonly seen: Seen[];
  private readonly keys: Key[];
  private readonly running: Promise<void>[];
  /** The clients are in that many groups, each with shards of its own. */
  private readonly groups: number;
  private ports: readonly number[];
  /** The nodes of the Redis Cluster that clients use; undefined for proxies. */
  private nodes?: readonly ClusterNode[];
  private clusterClient?: ClusterClient;
  private connections = 0;
  private stopped = false;

  /** Starts the clients, and waits until every shard has replied. */
  static async start(props: LoadProps): Promise<Load> {
    const load = new Load(props);
    await until('every shard replies to the load', () => load.seen.every(({ lastSuccess }) => lastSuccess > 0));
    return load;
  }

  private constructor(private readonly props: LoadProps) {
    const { clients = 16, shards, clientsPerShard = 4 } = props;
    this.ports = props.ports;
    this.nodes = props.cluster?.nodes;
    this.clusterClient = props.cluster?.client;
    this.keys = keysOf(props, `load-${++loads}`);
    this.seen = Array.from({ length: shards }, () => ({ lastSuccess: 0, longestGap: 0, errors: 0 }));
    const groups = Math.max(1, Math.min(shards, Math.floor(clients / clientsPerShard)));
    this.groups = groups;
    this.running = Array.from({ length: clients }, (_, client) =>
      this.runClient(
        client,
        this.keys.filter(({ shard }) => shard % groups === client % groups),
      ),
    );
  }

  get usesTls(): boolean {
    return this.props.tls !== undefined;
  }

  /** Sends new connections to these proxies, as a Service does; existing ones stay. */
  routeTo(ports: readonly number[]): void {
    this.ports = ports;
    this.nodes = undefined;
  }

  /** Replaces all clients by those of a Redis Cluster with these nodes, or, with `routeTo`, the other way round. */
  routeToCluster(nodes: readonly ClusterNode[], client?: ClusterClient): void {
    this.nodes = nodes;
    this.clusterClient = client;
  }

  /** The longest gap of each shard since the last call, or since the start. */
  takeGaps(): number[] {
    const now = performance.now();
    return this.seen.map((shard) => {
      // The gap of a shard that no longer replies is still growing.
      const gap = Math.max(shard.longestGap, now - shard.lastSuccess);
      shard.longestGap = 0;
      return gap;
    });
  }

  /** Ends the clients, reads every key once more, and returns the report. */
  async stop(): Promise<LoadReport> {
    const gaps = this.takeGaps();
    await this.end();
    const final = await this.readAll();
    return {
      operations: this.history.size,
      acknowledgedWrites: this.acknowledgedWrites,
      keys: final.size,
      errors: this.errors,
      errorsPerConnection: this.errorsPerConnection,
      errorsPerShard: this.seen.map(({ errors }) => errors),
      gaps,
      violations: this.history.violations(),
      lost: this.history.lost(final),
    };
  }

  /** Ends the clients without a report, for a failed test. */
  async end(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
  }

  /** Runs one command at a time, and reconnects by itself. */
  private async runClient(client: number, keys: readonly Key[]): Promise<void> {
    const { operationsPerSecond = Infinity, clients = 16 } = this.props;
    const random = randomNumbers(client);
    let next = performance.now();
    let writes = 0;
    while (!this.stopped) {
      const connection = await this.connect(client);
      if (connection === undefined) continue;
      while (this.canUse(connection)) {
        const key = keys[Math.floor(random() * keys.length)];
        const value = random() < 0.5 ? `${client}.${++writes}` : undefined;
        await this.operate(client, connection, key, value);
        next += (1000 * clients) / operationsPerSecond;
        const early = next - performance.now();
        if (early > 1) await sleep(early);
        else next = Math.max(next, performance.now());
      }
      connection.redis.disconnect();
    }
  }

  private canUse({ redis, isToCluster }: Connection): boolean {
    return !this.stopped && redis.status === 'ready' && isToCluster === (this.nodes !== undefined);
  }

  private async connect(client: number | string): Promise<Connection | undefined> {
    const { password, timeoutMs = 3000 } = this.props;
    const number = this.connections++;
    // The clients of each group use every port.
    const port = this.ports[Math.floor(number / this.groups) % this.ports.length];
    const { nodes } = this;
    const isToCluster = nodes !== undefined;
    const redis = nodes
      ? connectToCluster(nodes, password, timeoutMs, 'default', this.clusterClient)
      : connect(port, password, {
          lazyConnect: true,
          retryStrategy: () => null,
          autoResendUnfulfilledCommands: false,
          commandTimeout: timeoutMs,
          connectTimeout: timeoutMs,
          ...(this.props.tls && { tls: this.props.tls }),
        });
    try {
      await redis.connect();
      return { name: `connection ${number} of client ${client} to port ${port}`, redis, isToCluster };
    } catch {
      redis.disconnect();
      count(this.errors, 'cannot connect');
      await sleep(RECONNECT_MS);
      return undefined;
    }
  }

  /** Writes the value, or reads. */
  private async operate(
    client: number,
    { redis, name, isToCluster }: Connection,
    { key, shard }: Key,
    value?: string,
  ): Promise<void> {
    const kind = value === undefined ? 'read' : 'write';
    const start = performance.now();
    try {
      const reply = await (value === undefined ? redis.get(key) : redis.set(key, value));
      const end = performance.now();
      this.history.record({ client, key, kind, value: value ?? reply, start, end, ok: true });
      if (value !== undefined) {
        this.acknowledgedWrites++;
        this.succeeded(shard, end);
      }
    } catch (error) {
      const { message } = error as Error;
      this.history.record({ client, key, kind, value: value ?? null, start, end: performance.now(), ok: false });
      count(this.errors, message);
      count(this.errorsPerConnection, name);
      this.seen[shard].errors++;
      // A client of a cluster may have to learn the new nodes.
      if (message === 'Command timed out' || (isToCluster && !message.startsWith('NOPERM'))) redis.disconnect();
    }
  }

  private succeeded(ordinal: number, end: number): void {
    const shard = this.seen[ordinal];
    if (shard.lastSuccess > 0) shard.longestGap = Math.max(shard.longestGap, end - shard.lastSuccess);
    shard.lastSuccess = end;
  }

  /** The final value of every key, read by one more client. */
  private async readAll(): Promise<Map<string, string | null>> {
    const final = new Map<string, string | null>();
    let connection: Connection | undefined;
    await until('every key of the load can be read', async () => {
      if (connection?.redis.status !== 'ready') {
        connection?.redis.disconnect();
        connection = await this.connect('at the end');
      }
      for (const { key } of this.keys.filter((one) => !final.has(one.key))) {
        const start = performance.now();
        const value = await connection?.redis.get(key).catch(() => undefined);
        if (value === undefined) return false;
        final.set(key, value);
        this.history.record({
          client: 'at the end',
          key,
          kind: 'read',
          value,
          start,
          end: performance.now(),
          ok: true,
        });
      }
      return true;
    });
    connection?.redis.disconnect();
    return final;
  }
}

/** The same number of keys for every shard. */
function keysOf({ shards, shardOf, keysPerShard = 4 }: LoadProps, prefix: string): Key[] {
  const found = new Map<number, Key[]>(Array.from({ length: shards }, (_, shard) => [shard, []]));
  for (let n = 0, missing = shards * keysPerShard; missing > 0; n++) {
    const key = `${prefix}:${n}`;
    const shard = shardOf(key);
    const ofShard = found.get(shard);
    if (ofShard === undefined || ofShard.length === keysPerShard) continue;
    ofShard.push({ key, shard });
    missing--;
  }
  return [...found.values()].flat();
}

function count(counts: Record<string, number>, what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}

/** Pseudorandom numbers from 0 to 1, different for each client and the same in every run (Numerical Recipes' quick generator). */
function randomNumbers(seed: number): () => number {
  let state = (seed + 1) * 7919;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}
