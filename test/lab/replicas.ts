// A synthesized fleet with replicas as processes of a lab: both servers of each shard, the Sentinels, and the proxies.

import * as fs from 'node:fs';
import { type Redis } from 'ioredis';
import pLimit from 'p-limit';
import { otherSide, type Side, SIDES } from '../../lib/failover/replica-plan';
import { ROLE_USER } from '../../lib/migration/plan';
import { connect } from './clients';
import { DURABLE, LabFleet, type LabFleetProps, type LabProxy } from './fleet';
import { accepts, type Lab, until } from './lab';
import { Load, type LoadProps } from './load';
import { type LabPod } from './pod';
import { lookingOften } from './sentinel';

export interface LabReplicasProps extends LabFleetProps {
  /** The number of proxies. @default 1 */
  readonly proxyCount?: number;

  /**
   * Starts the servers without the scripts that ask the Sentinels and watch the link, all a as masters: hundreds of shells are
   * more than one machine runs.
   * @default false
   */
  readonly plainServers?: boolean;
}

/** The ordinals of the Sentinels. */
export const SENTINELS = [0, 1, 2];

/** The number of servers that start at the same time. */
const AT_ONCE = 16;

/** Sentinel looks at replicas every ten seconds, so often repeats a failover that failed, and does nothing for 30 after a stall of its own. */
const PATIENCE_MS = 150_000;

export class LabReplicas {
  /** Starts everything, and waits until every shard has a replica that could be promoted, and all Sentinels monitor it. */
  static async start(lab: Lab, props: LabReplicasProps): Promise<LabReplicas> {
    const redis = { ...DURABLE, ...props.redis, replicas: 1 };
    const { servers, plainServers = false } = props;
    const it = new LabReplicas(await LabFleet.synthesize(lab, { ...props, redis }), servers, plainServers);
    if (!plainServers) await it.startSentinels();
    // Not all of a large fleet at once: each start is a shell with some tens of commands.
    const limit = pLimit(AT_ONCE);
    await Promise.all(
      it.ordinals.flatMap((n) =>
        SIDES.map((server) =>
          limit(async () => {
            await it.startServer(n, server);
            await until('it accepts connections', () => accepts(it.fleet.portOf(n, server)), PATIENCE_MS);
          }),
        ),
      ),
    );
    if (plainServers) await it.startSentinels();
    await it.untilReplicated();
    for (let i = 0; i < (props.proxyCount ?? 1); i++) it.proxies.push(await it.fleet.addProxy());
    return it;
  }

  readonly proxies: LabProxy[] = [];
  readonly ordinals: readonly number[];
  private readonly servers = new Map<string, LabPod>();
  private readonly sentinels = new Map<number, LabPod>();

  /** A fleet of which nothing runs yet, or only what another part of the lab has started. */
  static of(fleet: LabFleet, shards: number): LabReplicas {
    return new LabReplicas(fleet, shards);
  }

  private constructor(
    public fleet: LabFleet,
    shards: number,
    private readonly plainServers = false,
  ) {
    this.ordinals = Array.from({ length: shards }, (_, n) => n);
  }

  /** The pod of a server. */
  server(ordinal: number, server: Side): LabPod {
    return found(this.servers.get(`${ordinal}${server}`), `server ${server} of shard ${ordinal}`);
  }

  /** The pod of a Sentinel. */
  sentinel(ordinal: number): LabPod {
    return found(this.sentinels.get(ordinal), `Sentinel ${ordinal}`);
  }

  /** Starts a pod of a server, new or again. */
  async startServer(ordinal: number, server: Side): Promise<void> {
    const pod = this.fleet.shardPod(ordinal, server);
    this.servers.set(`${ordinal}${server}`, pod);
    // Without this file, start.sh asks nobody.
    if (this.plainServers) fs.rmSync(`${pod.directory('/etc/redis-shard')}/sentinels`);
    await pod.start();
    if (this.plainServers && server === 'b') await this.follow(ordinal);
  }

  private async follow(ordinal: number): Promise<void> {
    await until('it accepts connections', () => accepts(this.fleet.portOf(ordinal, 'b')), PATIENCE_MS);
    await withClient(this.client(ordinal, 'b'), (client) =>
      client.replicaof('127.0.0.1', this.fleet.portOf(ordinal, 'a')),
    );
  }

  /** Kills a server, which kubelet restarts at once. */
  async kill(ordinal: number, server: Side): Promise<void> {
    const pod = this.server(ordinal, server);
    await pod.program('redis').stop('SIGKILL');
    await pod.startContainer('redis');
  }

  /** Starts a pod of a Sentinel, new or again. */
  async startSentinel(ordinal: number): Promise<void> {
    const pod = this.fleet.sentinelPod(ordinal);
    this.sentinels.set(ordinal, pod);
    await pod.start();
  }

  /** Starts the Sentinels with the files of this fleet, also if they run already. */
  async startSentinels(): Promise<void> {
    await Promise.all([...this.sentinels.values()].map((pod) => pod.stop()));
    await Promise.all(SENTINELS.map((n) => this.startSentinel(n)));
  }

  /** Runs the Job that makes these servers the masters of all shards. */
  async switchover(to: Side): Promise<void> {
    const program = await this.fleet.jobPod('switchover').withEnv({ FAILOVER_TO: to }).start();
    const code = await program.exit();
    if (code !== 0) throw new Error(`the Job switchover ended with ${String(code)}:\n${program.output}`);
  }

  /** The server of a shard that is a master; undefined unless there is exactly one. */
  async masterOf(ordinal: number): Promise<Side | undefined> {
    const roles = await Promise.all(SIDES.map((server) => this.replication(ordinal, server)));
    const masters = SIDES.filter((_, i) => roles[i].role === 'master');
    return masters.length === 1 ? masters[0] : undefined;
  }

  /** The fields of INFO replication; empty if the server does not reply. */
  async replication(ordinal: number, server: Side): Promise<Record<string, string>> {
    return withClient(this.client(ordinal, server), async (client) => {
      const info = await client.info('replication').catch(() => '');
      return Object.fromEntries(info.split('\r\n').map((line) => line.split(/:(.*)/s).slice(0, 2))) as Record<
        string,
        string
      >;
    });
  }

  /** The port that each Sentinel names as the master of a shard. */
  async votes(ordinal: number): Promise<(number | undefined)[]> {
    return this.askSentinels(async (sentinel) => {
      const reply = await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', `shard-${ordinal}`).catch(() => null);
      return Array.isArray(reply) ? Number(reply[1]) : undefined;
    });
  }

  /** Whether no Sentinel is in TILT mode, in which it does nothing for 30 seconds: to begin to monitor many shards takes it seconds. */
  async areAttentive(): Promise<boolean> {
    const infos = await this.askSentinels((sentinel) => sentinel.info('sentinel'));
    return infos.every((info) => info.includes('sentinel_tilt:0'));
  }

  private askSentinels<T>(question: (sentinel: Redis) => Promise<T>): Promise<T[]> {
    const ask = (n: number): Promise<T> =>
      withClient(connect(this.fleet.sentinelPort(n), this.fleet.password), question);
    return Promise.all(SENTINELS.map(ask));
  }

  /** A client of a server that may change its role. */
  client(ordinal: number, server: Side): Redis {
    return connect(this.fleet.portOf(ordinal, server), this.fleet.password, { username: ROLE_USER });
  }

  /** Waits until a shard, or every one, has a master that all Sentinels name, and a replica that they could promote. */
  async untilReplicated(ordinals = this.ordinals, patienceMs = PATIENCE_MS): Promise<void> {
    for (const ordinal of ordinals) {
      await until(
        `shard ${ordinal} has a replica that could be promoted`,
        async () => {
          const master = await this.masterOf(ordinal);
          if (master === undefined) return false;
          const replica = await this.replication(ordinal, otherSide(master));
          const isReady = replica.master_link_status === 'up' && replica.slave_priority === '100';
          const port = this.fleet.portOf(ordinal, master);
          return isReady && (await this.votes(ordinal)).every((vote) => vote === port);
        },
        patienceMs,
      );
    }
  }

  /** Like `untilReplicated`; also waits until every Sentinel has seen that. */
  async untilEligible(ordinals = this.ordinals, patienceMs = PATIENCE_MS): Promise<void> {
    await this.untilReplicated(ordinals, patienceMs);
    const sentinels = SENTINELS.map((n) => connect(this.fleet.sentinelPort(n), this.fleet.password));
    const seen = async (ordinal: number): Promise<void> => {
      await until(
        `every Sentinel considers the replica of shard ${ordinal} eligible`,
        async () => (await this.askSentinels((sentinel) => isEligible(sentinel, ordinal))).every(Boolean),
        patienceMs,
      );
    };
    await lookingOften(sentinels, async () => {
      for (const ordinal of ordinals) await seen(ordinal);
    }).finally(() => {
      for (const sentinel of sentinels) sentinel.disconnect();
    });
  }

  /** Loads the fleet through its proxies. */
  async load(props: Partial<LoadProps> = {}): Promise<Load> {
    return Load.start({
      ports: this.proxies.map(({ ports }) => ports.proxy),
      password: this.fleet.password,
      shards: this.ordinals.length,
      shardOf: (key) => this.fleet.ordinalOf(key),
      ...props,
    });
  }
}

async function withClient<T>(client: Redis, act: (client: Redis) => Promise<T>): Promise<T> {
  try {
    return await act(client);
  } finally {
    client.disconnect();
  }
}

async function isEligible(sentinel: Redis, ordinal: number): Promise<boolean> {
  const [fields = []] = (await sentinel.call('SENTINEL', 'REPLICAS', `shard-${ordinal}`).catch(() => [])) as string[][];
  const value = (name: string): string | undefined => fields[fields.indexOf(name) + 1];
  return value('flags') === 'slave' && value('slave-priority') === '100';
}

function found<T>(it: T | undefined, what: string): T {
  if (it === undefined) throw new Error(`${what} was never started`);
  return it;
}
