// A fleet whose ring changes: real servers, and proxies with a nutcracker for each ring behind HAProxy.

import * as path from 'node:path';
import { type Redis, type RedisOptions } from 'ioredis';
import { Distribution, HashType, NutcrackerConfig, NutcrackerPool, NutcrackerServer } from '../../lib/nutcracker';
import {
  isCluster,
  type PlannedRing,
  type ReshardAddress,
  type ReshardPlan,
  type RingId,
  type RingUser,
} from '../../reshard/plan/plan';
import { LOGIN_RULES, ringCheck } from '../../lib/twemproxy/ring-login';
import { Rings } from '../../reshard/plan/rings';
import { connect } from './clients';
import { keysWhere, readDataset, writeDataset } from './dataset';
import { type Side } from '../../lib/failover/replica-plan';
import { accepts, freePorts, type Lab, type Program, until } from './lab';
import { Load, type LoadProps } from './load';

const PROGRAM = path.join(__dirname, '..', '..', 'build', 'reshard', 'reshard.mjs');
/** Makes a nutcracker log in as ring-2. */
const LOGIN = path.join(__dirname, '..', '..', 'lib', 'scripts', 'login.lua');
export const PASSWORD = 'the-password';
export const USER = 'migrator';

/** The weight of each server in each ring, by ordinal; 0 for a server that the ring does not have. */
export interface LabReshardProps {
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly hashTag?: string;
  /** The user of ring A. @default 'default' */
  readonly userOfA?: RingUser;
  /** Whether each shard has a replica, and a Sentinel that promotes it. */
  readonly hasReplicas?: boolean;
}

export class LabReshard {
  static async of(lab: Lab, props: LabReshardProps): Promise<LabReshard> {
    const count = Math.max(props.a.length, props.b.length);
    const ports = await freePorts(2 * count);
    const shards = ports.slice(0, count).map((port, shard) => ({
      shard,
      host: '127.0.0.1',
      port,
      ...(props.hasReplicas && { replica: { host: '127.0.0.1', port: ports[count + shard] } }),
    }));
    const ring = (user: RingUser, weights: readonly number[]): PlannedRing => ({
      user,
      hash: HashType.MURMUR,
      distribution: Distribution.KETAMA,
      ...(props.hashTag && { hashTag: props.hashTag }),
      servers: weights.flatMap((weight, shard) => (weight === 0 ? [] : [{ shard, name: `server${shard}`, weight }])),
    });
    const [a, b] = props.userOfA === 'ring-2' ? (['ring-2', 'default'] as const) : (['default', 'ring-2'] as const);
    const plan = { version: 2, fleet: 'lab', user: USER, shards, a: ring(a, props.a), b: ring(b, props.b) };
    const fleet = new LabReshard(lab, plan);
    await Promise.all(shards.map((one) => fleet.startServer(one.shard)));
    if (props.hasReplicas) {
      await Promise.all(shards.map((one) => fleet.startServer(one.shard, 'b')));
      await fleet.startSentinel();
    }
    return fleet;
  }

  rings: Rings;
  readonly password = PASSWORD;
  /** The ports for clients. */
  readonly proxyPorts: number[] = [];
  private readonly programs = new Map<number, Program>();
  private sentinelPort = 0;

  protected constructor(
    protected readonly lab: Lab,
    public plan: ReshardPlan,
  ) {
    this.rings = new Rings(plan);
  }

  get ordinals(): number[] {
    return this.plan.shards.map(({ shard }) => shard);
  }

  async startServer(ordinal: number, side: Side = 'a'): Promise<void> {
    const { host, port } = this.addressOf(ordinal, side);
    const name = `server-${port}`;
    const file = path.join(this.lab.dir, name, 'redis.conf');
    if (!this.programs.has(port)) {
      const lines = [
        `port ${port}`,
        'bind 127.0.0.1',
        `dir ${path.dirname(file)}`,
        `requirepass ${PASSWORD}`,
        `user ${USER} on >${PASSWORD} ~* &* +@all`,
        `masterauth ${PASSWORD}`,
        'repl-diskless-sync-delay 0',
        ...(side === 'b' ? [`replicaof 127.0.0.1 ${this.portOf(ordinal, 'a')}`] : []),
        'appendonly yes',
        'save ""',
      ];
      this.lab.write(path.join(name, 'redis.conf'), `${lines.join('\n')}\n`);
    }
    const program = this.lab.start('redis-server', [file]);
    this.programs.set(port, program);
    await program.ready(async () => {
      if (!(await accepts(port))) return false;
      return this.onAddress({ host, port }, async (client) => {
        const info = await client.info();
        return info.includes('loading:0') && !info.includes('master_link_status:down');
      }).catch(() => false);
    });
  }

  async killServer(ordinal: number, side: Side = 'a'): Promise<void> {
    await this.programs.get(this.portOf(ordinal, side))?.stop('SIGKILL');
  }

  portOf(ordinal: number, side: Side): number {
    return this.addressOf(ordinal, side).port;
  }

  /** The address of a server of a shard; without replicas, that of its only one. */
  protected addressOf(ordinal: number, side: Side): ReshardAddress {
    const shard = this.plan.shards.find((one) => one.shard === ordinal);
    if (shard === undefined) throw new Error(`the plan has no shard ${ordinal}`);
    const { host, port, replica } = shard;
    return side === 'b' && replica ? replica : { host, port };
  }

  private async startSentinel(): Promise<void> {
    [this.sentinelPort] = await freePorts(1);
    const lines = this.plan.shards.flatMap(({ shard, port }) => [
      `sentinel monitor shard-${shard} 127.0.0.1 ${port} 1`,
      `sentinel auth-pass shard-${shard} ${PASSWORD}`,
      // A busy machine may stall a server for seconds.
      `sentinel down-after-milliseconds shard-${shard} 5000`,
      `sentinel failover-timeout shard-${shard} 5000`,
    ]);
    const file = this.lab.write('sentinel/sentinel.conf', [`port ${this.sentinelPort}`, ...lines, ''].join('\n'));
    const program = this.lab.start('redis-server', [file, '--sentinel']);
    await program.ready(() => accepts(this.sentinelPort));
    await until('it knows the replicas', async () => {
      const sentinel = connect(this.sentinelPort, '');
      const info = await sentinel.info('sentinel');
      sentinel.disconnect();
      return info.split('status=ok').length > this.plan.shards.length && !info.includes('slaves=0');
    });
  }

  /** Waits until b of a shard is the master. */
  async failedOver(ordinal: number): Promise<void> {
    await until('the replica is promoted', () =>
      this.onAddress(this.addressOf(ordinal, 'b'), async (client) =>
        (await client.info('replication')).includes('role:master'),
      ).catch(() => false),
    );
  }

  /** Waits until each shard has a master, and a replica that follows it. */
  async replicated(): Promise<void> {
    await until('every shard has a replica', async () => {
      const infos = await Promise.all(
        this.ordinals.flatMap((ordinal) =>
          (['a', 'b'] as const).map((side) =>
            // Sentinel ends the connections of a server whose role it changes.
            this.onAddress(this.addressOf(ordinal, side), (client) => client.info('replication')).catch(() => ''),
          ),
        ),
      );
      const count = (text: string): number => infos.filter((info) => info.includes(text)).length;
      return count('master_link_status:up') === this.ordinals.length && count('state=online') === this.ordinals.length;
    });
  }

  /** Starts a proxy, and returns its programs, and the port of its nutcracker for ring A. */
  async startProxy(): Promise<{
    readonly a: Program;
    readonly b: Program;
    readonly haproxy: Program;
    readonly portA: number;
  }> {
    const count = this.plan.shards.length;
    const [port, portA, portB, ...others] = await freePorts(3 + 2 * count);
    const listeners = { default: others.slice(0, count), 'ring-2': others.slice(count) };
    const portsOf = (user: RingUser): ReadonlyMap<number, number> =>
      new Map(this.plan.shards.map(({ shard }, i) => [shard, listeners[user][i]]));
    const file = this.lab.write(`haproxy-${port}.cfg`, this.haproxyConfig(port, { a: portA, b: portB }, portsOf));
    const haproxy = this.lab.start('haproxy', ['-db', '-f', file]);
    await haproxy.ready(() => accepts(port));
    const a = await this.startNutcracker('a', portA, portsOf);
    const b = await this.startNutcracker('b', portB, portsOf);
    this.proxyPorts.push(port);
    return { a, b, haproxy, portA };
  }

  planFile(): string {
    return this.lab.write('reshard.json', JSON.stringify(this.plan));
  }

  /** Starts the program. */
  start(command: string, env: NodeJS.ProcessEnv = {}, ...args: string[]): Program {
    const words = [PROGRAM, command, '--plan', this.planFile(), ...args];
    return this.lab.start(process.execPath, words, { env: { ...process.env, REDIS_PASSWORD: PASSWORD, ...env } });
  }

  /** Runs a command that must succeed, and returns its output. */
  async run(command: string, ...args: string[]): Promise<string> {
    const program = this.start(command, {}, ...args);
    const code = await program.exit();
    if (code !== 0) throw new Error(`${command} exited with ${String(code)}:\n${program.output}`);
    return program.output;
  }

  /** Starts copy, and waits until everything is copied. */
  copy(env: NodeJS.ProcessEnv = {}): Promise<Program> {
    // A busy machine must not make it give up.
    const program = this.start('copy', env, '--deadline', '30000');
    return program.ready(() => program.output.includes('copied '));
  }

  /** Makes ring A of the plan ring B, and the reverse: the next change, or, if the users stay, a mistake. */
  exchangeRings(keepsUsers = false): void {
    const [a, b] = [this.ringOf('a'), this.ringOf('b')];
    this.plan = {
      ...this.plan,
      a: keepsUsers ? { ...b, user: a.user } : b,
      b: keepsUsers ? { ...a, user: b.user } : a,
    };
    this.rings = new Rings(this.plan);
  }

  async load(props: Partial<LoadProps> = {}): Promise<Load> {
    const members = this.rings.serversOf('a');
    return Load.start({
      ports: this.proxyPorts,
      password: PASSWORD,
      shards: members.length,
      shardOf: (key) => members.indexOf(this.rings.ownerOf(Buffer.from(key), 'a')),
      keysPerShard: 30,
      timeoutMs: 2000,
      ...props,
    });
  }

  /** Writes keys of every type to the servers of ring A; returns them. */
  async fill(count: number): Promise<string[]> {
    const keys = keysWhere(() => true, count);
    await this.eachOwner(keys, 'a', (client, own) => writeDataset(client, own));
    return keys;
  }

  /** The contents of the keys on the servers of a ring. */
  async contents(keys: readonly string[], ring: RingId): Promise<Record<string, unknown>> {
    const found: Record<string, unknown>[] = [];
    await this.eachOwner(keys, ring, async (client, own) => {
      found.push(await readDataset(client, own));
    });
    return Object.assign({}, ...found) as Record<string, unknown>;
  }

  /** Runs work on each server of a ring with those of the keys that the ring places there. */
  async eachOwner(
    keys: readonly string[],
    ring: RingId,
    work: (client: Redis, own: string[]) => Promise<void>,
  ): Promise<void> {
    await Promise.all(
      this.rings.serversOf(ring).map(async (ordinal) => {
        await this.onServer(ordinal, (client) =>
          work(
            client,
            keys.filter((key) => this.rings.ownerOf(Buffer.from(key), ring) === ordinal),
          ),
        );
      }),
    );
  }

  /** Runs work on a server, as the user of the program. */
  async onServer<T>(ordinal: number, work: (client: Redis) => Promise<T>): Promise<T> {
    return this.onAddress(this.addressOf(ordinal, await this.masterOf(ordinal)), work);
  }

  /** The server of a shard that is the master. */
  async masterOf(ordinal: number): Promise<Side> {
    const [a, b] = [this.addressOf(ordinal, 'a'), this.addressOf(ordinal, 'b')];
    if (a.port === b.port) return 'a';
    const info = await this.onAddress(b, (client) => client.info('replication')).catch(() => '');
    return info.includes('role:master') ? 'b' : 'a';
  }

  /** How the servers are connected to. */
  protected get clientOptions(): RedisOptions {
    return {};
  }

  protected async onAddress<T>({ host, port }: ReshardAddress, work: (client: Redis) => Promise<T>): Promise<T> {
    const client = connect(port, PASSWORD, { host, username: USER, ...this.clientOptions });
    try {
      return await work(client);
    } finally {
      client.disconnect();
    }
  }

  /** The keys of each server that a ring does not place there. */
  async foreignKeys(ring: RingId): Promise<string[]> {
    const all = await Promise.all(
      this.ordinals.map((ordinal) =>
        this.onServer(ordinal, async (client) => {
          const keys = await client.keys('*');
          const isMember = this.rings.serversOf(ring).includes(ordinal);
          return keys.filter((key) => !isMember || this.rings.ownerOf(Buffer.from(key), ring) !== ordinal);
        }),
      ),
    );
    return all.flat();
  }

  private ringOf(id: RingId): PlannedRing {
    const ring = this.plan[id];
    if (isCluster(ring)) throw new Error(`${id} is a Redis Cluster`);
    return ring;
  }

  protected async startNutcracker(
    ring: RingId,
    listen: number,
    portsOf: (user: RingUser) => ReadonlyMap<number, number>,
  ): Promise<Program> {
    const { user, hash, distribution, hashTag, servers } = this.ringOf(ring);
    const pool = new NutcrackerPool({
      name: 'lab',
      listen: `127.0.0.1:${listen}`,
      hash,
      distribution,
      hashTag,
      redis: true,
      redisAuth: PASSWORD,
      timeout: 2000,
      servers: servers.map(({ shard, name, weight }) => {
        const port = portsOf(user).get(shard);
        return new NutcrackerServer({ address: `127.0.0.1:${String(port)}`, name, weight });
      }),
    });
    return this.lab.nutcracker(NutcrackerConfig.of([pool]).toYaml(), [listen]);
  }

  /** A ring serves if the first shard has keys for its user. Each user has a listener for each shard, which routes to its master. */
  private haproxyConfig(
    port: number,
    portOf: Readonly<Record<RingId, number>>,
    portsOf: (user: RingUser) => ReadonlyMap<number, number>,
  ): string {
    const backend = (ring: RingId): string => `
backend ${ring}
${indented(ringCheck(`tcp-check send "AUTH ${this.ringOf(ring).user} ${PASSWORD}\\r\\n"`))}${this.sidesOf(0)
      .map(
        (server, i) =>
          `  server nutcracker-${i} 127.0.0.1:${portOf[ring]} check addr 127.0.0.1 port ${server} inter 30ms fall 1 rise 1 on-marked-down shutdown-sessions\n`,
      )
      .join('')}`;
    const listeners = (['default', 'ring-2'] as const).flatMap((user) =>
      this.plan.shards.map(({ shard }) => this.listener(shard, user, portsOf(user).get(shard))),
    );
    return `
global
  maxconn 500
  lua-load ${LOGIN}
defaults
  mode tcp
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  timeout check 2s
frontend clients
  bind 127.0.0.1:${port}
  use_backend b if { nbsrv(b) gt 0 }
  default_backend a
${backend('a')}${backend('b')}${listeners.join('')}`;
  }

  private sidesOf(ordinal: number): number[] {
    return [...new Set((['a', 'b'] as const).map((side) => this.portOf(ordinal, side)))];
  }

  private listener(ordinal: number, user: RingUser, port: number | undefined): string {
    const sides = this.sidesOf(ordinal);
    const check = sides.length === 1 ? '' : ' check inter 200ms fall 1 rise 1 on-marked-down shutdown-sessions';
    const servers = sides.map((server) => `  server server-${server} 127.0.0.1:${server}${check}\n`);
    return `
listen ${user}-${ordinal}
  bind 127.0.0.1:${String(port)}
${user === 'ring-2' ? indented(LOGIN_RULES) : ''}  option tcp-check
  tcp-check connect
  tcp-check send "AUTH ${PASSWORD}\\r\\nINFO replication\\r\\nQUIT\\r\\n"
  tcp-check expect string role:master
${servers.join('')}`;
  }
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}\n`).join('');
}
