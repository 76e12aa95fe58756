// Shards with two servers each, as their pods run them, and three Sentinels: real programs. The scripts of the pods that raise
// a replica's priority, and the bridge that follows the master, are replaced by small loops.

import { once } from 'node:events';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { type Redis } from 'ioredis';
import { otherSide, type ReplicaPlan, sentinelSettings, type Side, SIDES } from '../../lib/failover/replica-plan';
import { ROLE_USER } from '../../lib/migration/plan';
import { type Context } from '../../failover/commands/context';
import { Sentinels } from '../../failover/sentinel/sentinels';
import { joinWords } from '../../lib/redis/config/text';
import { connect, PASSWORD } from './clients';
import { freePort, freePorts, type Lab, type Program, until } from './lab';
import { Load, type LoadProps } from './load';
import { lookEvery, lookingOften } from './sentinel';
import { ROOT } from './synthesized';

const FAILOVER = path.join(ROOT, 'build/failover/failover.mjs');

export interface ReplicatedProps {
  readonly shards: number;
  readonly password?: string;
  /** How long Sentinel waits for a server. @default 1500 */
  readonly downAfterMs?: number;
}

/** A server, its clients, and the loop that keeps its priority. */
class LabServer {
  readonly client: Redis;
  private program?: Program;

  constructor(
    private readonly lab: Lab,
    readonly port: number,
    private readonly password: string,
  ) {
    this.client = connect(port, password, { username: ROLE_USER });
  }

  async start(master?: number): Promise<void> {
    const proof = this.password === '' ? 'nopass' : `#${createHash('sha256').update(this.password).digest('hex')}`;
    const users = this.lab.write(
      `server-${this.port}/users.acl`,
      `user default on ${proof} ~* &* +@all -replicaof -slaveof -failover\nuser ${ROLE_USER} on ${proof} ~* &* +@all\n`,
    );
    const words = [
      ['port', String(this.port)],
      ['bind', '127.0.0.1'],
      ['dir', path.dirname(users)],
      ['aclfile', users],
      ...(this.password === '' ? [] : [['masterauth', this.password]]),
      ['save', ''],
      ['appendonly', 'yes'],
      ['appendfsync', 'no'],
      ['repl-diskless-sync-delay', '0'],
      ['replica-serve-stale-data', 'no'],
      ['replica-priority', '0'],
      ...(master === undefined ? [] : [['replicaof', '127.0.0.1', String(master)]]),
    ];
    const file = this.lab.write(`server-${this.port}/redis.conf`, `${words.map(joinWords).join('\n')}\n`);
    this.program = this.lab.start('redis-server', [file]);
    await this.program.ready(() =>
      this.client.ping().then(Boolean, (it: unknown) => (it as Error).message.startsWith('MASTERDOWN')),
    );
  }

  /** Ends the program at once, or stops it so that it no longer replies. */
  async kill(): Promise<void> {
    await this.program?.stop('SIGKILL');
  }

  signal(signal: NodeJS.Signals): void {
    this.program?.child.kill(signal);
  }

  async info(): Promise<Map<string, string>> {
    const text = await this.client.info();
    return new Map(text.split('\r\n').flatMap((line) => (line.includes(':') ? [splitOnce(line)] : [])));
  }

  /** As the script in the pod: eligible once it is in sync, not eligible while it is the master. */
  async keepPriority(): Promise<void> {
    const info = await this.info();
    const isMaster = info.get('role') === 'master';
    const isInSync = info.get('master_link_status') === 'up' && info.get('master_sync_in_progress') === '0';
    const priority = info.get('slave_priority');
    if (isMaster) await this.client.config('SET', 'replica-priority', 0);
    else if (isInSync && priority === '0') await this.client.config('SET', 'replica-priority', 100);
  }
}

export class LabSentinelOfFleet {
  readonly client: Redis;
  program?: Program;

  constructor(
    private readonly lab: Lab,
    readonly port: number,
    private readonly password: string,
  ) {
    this.client = connect(port, password);
  }

  /** Starts it, with the state that it had. Sentinel writes passwords without the quotes that they need. */
  async start(): Promise<void> {
    const directory = `${this.lab.dir}/sentinel-${this.port}`;
    const head = [
      ['port', String(this.port)],
      ['bind', '127.0.0.1'],
      ['dir', directory],
      ...(this.password === ''
        ? []
        : [
            ['requirepass', this.password],
            ['sentinel', 'sentinel-pass', this.password],
          ]),
    ];
    const file = `${directory}/sentinel.conf`;
    const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : [];
    const state = before.filter((line) => /^sentinel (?!auth-pass|sentinel-pass)/.test(line));
    const masters = before.flatMap((line) => /^sentinel monitor (\S+)/.exec(line)?.[1] ?? []);
    const passwords = masters.map((name) => ['sentinel', 'auth-pass', name, this.password]);
    this.lab.write(
      path.relative(this.lab.dir, file),
      [...head.map(joinWords), ...state, ...passwords.map(joinWords), ''].join('\n'),
    );
    this.program = this.lab.start('redis-server', [file, '--sentinel']);
    await this.program.ready(() => this.client.ping().then(Boolean, () => false));
  }

  async kill(): Promise<void> {
    await this.program?.stop('SIGKILL');
  }

  async monitor(name: string, port: number, downAfterMs: number): Promise<void> {
    await this.client.call('SENTINEL', 'MONITOR', name, '127.0.0.1', port, 2);
    const settings = [
      ...sentinelSettings(0, 0),
      ['down-after-milliseconds', String(downAfterMs)],
      ...(this.password === '' ? [] : [['auth-pass', this.password]]),
      ['auth-user', ROLE_USER],
    ];
    for (const [setting, value] of settings) await this.client.call('SENTINEL', 'SET', name, setting, value);
  }

  /** The port of the master that it names. */
  async names(name: string): Promise<number | undefined> {
    const reply = (await this.client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name).catch(() => undefined)) as
      string[] | null | undefined;
    return reply ? Number(reply[1]) : undefined;
  }

  /** Whether it knows the other Sentinels, and a replica that it would promote. */
  async isReady(name: string, others: number): Promise<boolean> {
    const master = pairsOf((await this.client.call('SENTINEL', 'MASTER', name)) as string[]);
    const replicas = ((await this.client.call('SENTINEL', 'REPLICAS', name)) as string[][]).map(pairsOf);
    const isEligible = replicas.some((it) => Number(it['slave-priority']) > 0 && it.flags === 'slave');
    return Number(master['num-other-sentinels']) === others && master.flags === 'master' && isEligible;
  }
}

/** A shard, and its bridge: a port that routes to the server that two Sentinels name, or that its partner follows. */
export class LabShard {
  readonly name: string;
  readonly servers: Readonly<Record<Side, LabServer>>;
  bridgePort = 0;
  private target?: Side;
  private readonly sockets = new Set<net.Socket>();
  private readonly listener = net.createServer((client) => {
    this.accept(client);
  });

  constructor(
    lab: Lab,
    readonly shard: number,
    [a, b]: readonly number[],
    readonly password: string,
  ) {
    this.name = `shard-${shard}`;
    this.servers = { a: new LabServer(lab, a, password), b: new LabServer(lab, b, password) };
  }

  async start(): Promise<void> {
    const { a, b } = this.servers;
    await a.start();
    await b.start(a.port);
    await until('the replica is in sync', async () => (await b.info()).get('master_link_status') === 'up');
    this.bridgePort = await freePort();
    await once(this.listener.listen(this.bridgePort, '127.0.0.1'), 'listening');
  }

  /** One look of the bridge at its servers. */
  async check(sentinels: readonly LabSentinelOfFleet[]): Promise<void> {
    const votes = await Promise.all(sentinels.map((it) => it.names(this.name)));
    const isRight = async (side: Side): Promise<boolean> => {
      const info = await this.servers[side].info().catch(() => undefined);
      if (info?.get('role') !== 'master') return false;
      const { port } = this.servers[side];
      const partner = `port=${this.servers[otherSide(side)].port},`;
      const follower = info.get('slave0') ?? '';
      const isFollowed = follower.includes(partner) && /lag=[01]$/.test(follower);
      return isFollowed || votes.filter((it) => it === port).length >= 2;
    };
    const [a, b] = await Promise.all(SIDES.map(isRight));
    const target = a ? 'a' : b ? 'b' : undefined;
    if (target === this.target) return;
    this.target = target;
    for (const socket of this.sockets) socket.destroy();
  }

  /** Waits until the replica has all that the client of its master has written. */
  async replicated(): Promise<void> {
    await until('the replica has followed', async () => (await this.servers.a.client.wait(1, 1000)) === 1);
  }

  /** The server that the bridge routes to. */
  get serves(): Side | undefined {
    return this.target;
  }

  async role(side: Side): Promise<string> {
    const info = await this.servers[side].info().catch(() => undefined);
    if (info === undefined) return 'silent';
    return info.get('role') === 'master' ? 'master' : `slave of ${info.get('master_port')}`;
  }

  /** The roles when this server is the master, and the other one follows it. */
  rolesWith(master: Side): Record<Side, string> {
    const follower = `slave of ${this.servers[master].port}`;
    return master === 'a' ? { a: 'master', b: follower } : { a: follower, b: 'master' };
  }

  async roles(): Promise<Record<Side, string>> {
    return { a: await this.role('a'), b: await this.role('b') };
  }

  close(): void {
    this.listener.close();
    for (const socket of this.sockets) socket.destroy();
    for (const side of SIDES) this.servers[side].client.disconnect();
  }

  private accept(client: net.Socket): void {
    if (this.target === undefined) {
      client.destroy();
      return;
    }
    const server = net.connect(this.servers[this.target].port, '127.0.0.1');
    for (const [socket, peer] of [
      [client, server],
      [server, client],
    ]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        peer.destroy();
      });
    }
    client.pipe(server).pipe(client);
  }
}

export class Replicated {
  static async start(lab: Lab, props: ReplicatedProps): Promise<Replicated> {
    const it = new Replicated(lab, props, await freePorts(props.shards * 2 + 3));
    await Promise.all([
      ...it.shards.map((shard) => shard.start()),
      ...it.sentinels.map((sentinel) => sentinel.start()),
    ]);
    it.loops.push(
      it.loop(100, async () => {
        for (const { servers } of it.shards)
          if (it.keepsPriorities)
            await Promise.all(SIDES.map((side) => servers[side].keepPriority().catch(() => undefined)));
      }),
      it.loop(20, async () => {
        await Promise.all(it.shards.map((shard) => shard.check(it.sentinels)));
      }),
    );
    return it;
  }

  readonly shards: readonly LabShard[];
  readonly sentinels: readonly LabSentinelOfFleet[];
  /** Whether replicas become eligible when they are in sync. */
  keepsPriorities = true;
  private readonly loops: Promise<void>[] = [];
  private isClosed = false;
  private readonly password: string;
  private readonly downAfterMs: number;

  private constructor(
    private readonly lab: Lab,
    { shards, password = PASSWORD, downAfterMs = 1500 }: ReplicatedProps,
    ports: readonly number[],
  ) {
    this.password = password;
    this.downAfterMs = downAfterMs;
    this.sentinels = ports.slice(0, 3).map((port) => new LabSentinelOfFleet(lab, port, password));
    this.shards = Array.from(
      { length: shards },
      (_, shard) => new LabShard(lab, shard, ports.slice(3 + 2 * shard), password),
    );
  }

  /** Makes the Sentinels monitor every shard, and waits until they would fail over. */
  async monitor(): Promise<void> {
    for (const { servers } of this.shards)
      await until('the replica is eligible', async () => (await servers.b.info()).get('slave_priority') === '100');
    for (const sentinel of this.sentinels)
      for (const { name, servers } of this.shards) await sentinel.monitor(name, servers.a.port, this.downAfterMs);
    await this.untilReady();
  }

  /** Waits until every Sentinel would fail over every shard. */
  async untilReady(): Promise<void> {
    const isReady = async (): Promise<boolean> => {
      const ready = this.sentinels.flatMap((sentinel) => this.shards.map(({ name }) => sentinel.isReady(name, 2)));
      return (await Promise.all(ready)).every(Boolean);
    };
    const clients = this.sentinels.map(({ client }) => client);
    await lookingOften(clients, () => until('the Sentinels know each other and the replicas', isReady));
  }

  /** Keeps the Sentinels from looking at the roles of servers, which they would correct in a test that lasts longer than usual. */
  async keepRoles(): Promise<void> {
    await lookEvery(
      600_000,
      this.sentinels.map(({ client }) => client),
    );
  }

  get plan(): ReplicaPlan {
    return {
      version: 1,
      fleet: 'unit-1',
      sentinels: this.sentinels.map(({ port }) => `127.0.0.1:${port}`),
      shards: this.shards.map(({ shard, servers: { a, b } }) => ({
        shard,
        a: `127.0.0.1:${a.port}`,
        b: `127.0.0.1:${b.port}`,
      })),
    };
  }

  /** A context for the commands, without the program. */
  context(): Context {
    const { plan } = this;
    const password = this.password === '' ? undefined : this.password;
    const report = { progress: () => undefined, note: () => undefined, end: () => undefined };
    const sentinels = new Sentinels(plan.sentinels, password);
    const access = { password, planHash: 'a-plan', timeoutMs: 3000 };
    return { plan, shards: plan.shards, access, sentinels, report, stop: new AbortController().signal };
  }

  /** Starts a command of the built program. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
    const plan = this.lab.write('replicas.json', JSON.stringify(this.plan));
    const words = [FAILOVER, args[0], '--plan', plan, ...args.slice(1)];
    return this.lab.start(process.execPath, words, { env: { ...process.env, REDIS_PASSWORD: this.password, ...env } });
  }

  /** Runs a command; returns its exit code and output. */
  async run(...args: string[]): Promise<{ code: number | null; output: string }> {
    const program = this.start(args);
    return { code: await program.exit(), output: program.output };
  }

  /** Loads a shard through its bridge. */
  async load({ shard, bridgePort }: LabShard, props: Partial<LoadProps> = {}): Promise<Load> {
    await until('the bridge has a master', () => this.shards[shard].serves !== undefined);
    return Load.start({
      ports: [bridgePort],
      password: this.password,
      shards: 1,
      shardOf: () => 0,
      clients: 4,
      ...props,
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all(this.loops);
    for (const shard of this.shards) shard.close();
    for (const { client } of this.sentinels) client.disconnect();
  }

  private async loop(ms: number, act: () => Promise<void>): Promise<void> {
    while (!this.isClosed) {
      await act();
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }
}

function splitOnce(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1)];
}

function pairsOf(flat: readonly string[]): Record<string, string> {
  return Object.fromEntries(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]] as const));
}
