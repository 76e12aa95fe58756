// A fleet whose ring changes: real servers with two ports each, and proxies with a nutcracker for each ring behind HAProxy.

import * as path from 'node:path';
import { type Redis } from 'ioredis';
import { Distribution, HashType, NutcrackerConfig, NutcrackerPool, NutcrackerServer } from '../../lib/nutcracker';
import { type PlannedRing, type ReshardPlan, type ReshardServer, type RingId } from '../../reshard/plan/plan';
import { Rings } from '../../reshard/plan/rings';
import { connect } from './clients';
import { keysWhere, readDataset, writeDataset } from './dataset';
import { accepts, freePorts, type Lab, type Program } from './lab';
import { Load, type LoadProps } from './load';

const PROGRAM = path.join(__dirname, '..', '..', 'build', 'reshard', 'reshard.mjs');
const PASSWORD = 'the-password';
export const USER = 'migrator';

/** The weight of each server in each ring, by ordinal; 0 for a server that the ring does not have. */
export interface LabReshardProps {
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly hashTag?: string;
}

export class LabReshard {
  static async of(lab: Lab, props: LabReshardProps): Promise<LabReshard> {
    const count = Math.max(props.a.length, props.b.length);
    const ports = await freePorts(2 * count);
    const shards = Array.from({ length: count }, (_, shard) => ({
      shard,
      host: '127.0.0.1',
      portA: ports[2 * shard],
      portB: ports[2 * shard + 1],
    }));
    const ring = (weights: readonly number[]): PlannedRing => ({
      hash: HashType.MURMUR,
      distribution: Distribution.KETAMA,
      ...(props.hashTag && { hashTag: props.hashTag }),
      servers: weights.flatMap((weight, shard) => (weight === 0 ? [] : [{ shard, name: `server${shard}`, weight }])),
    });
    const plan = { version: 1, fleet: 'lab', user: USER, shards, a: ring(props.a), b: ring(props.b) };
    const fleet = new LabReshard(lab, plan);
    await Promise.all(shards.map((one) => fleet.startServer(one.shard)));
    return fleet;
  }

  rings: Rings;
  readonly password = PASSWORD;
  /** The ports for clients. */
  readonly proxyPorts: number[] = [];
  private readonly programs = new Map<number, Program>();

  private constructor(
    private readonly lab: Lab,
    public plan: ReshardPlan,
  ) {
    this.rings = new Rings(plan);
  }

  get ordinals(): number[] {
    return this.plan.shards.map(({ shard }) => shard);
  }

  async startServer(ordinal: number): Promise<void> {
    const { portA, portB } = this.plan.shards[ordinal];
    const name = `server-${ordinal}`;
    const file = path.join(this.lab.dir, name, 'redis.conf');
    if (!this.programs.has(ordinal)) {
      const lines = [
        `port ${portA}`,
        'bind 127.0.0.1',
        `dir ${path.dirname(file)}`,
        `requirepass ${PASSWORD}`,
        `user ${USER} on >${PASSWORD} ~* &* +@all`,
        'appendonly yes',
        'save ""',
      ];
      this.lab.write(path.join(name, 'redis.conf'), `${lines.join('\n')}\n`);
    }
    const program = this.lab.start('redis-server', [file]);
    this.programs.set(ordinal, program);
    await program.ready(async () => {
      for (const port of [portA, portB]) {
        if (!(await accepts(port))) continue;
        const client = this.client(port);
        try {
          return (await client.info('persistence')).includes('loading:0');
        } finally {
          client.disconnect();
        }
      }
      return false;
    });
  }

  async killServer(ordinal: number): Promise<void> {
    await this.programs.get(ordinal)?.stop('SIGKILL');
  }

  /** Starts a proxy, and returns its programs, and the port of its nutcracker for ring A. */
  async startProxy(): Promise<{
    readonly a: Program;
    readonly b: Program;
    readonly haproxy: Program;
    readonly portA: number;
  }> {
    const [port, portA, portB] = await freePorts(3);
    const a = await this.startNutcracker('a', portA);
    const b = await this.startNutcracker('b', portB);
    const file = this.lab.write(`haproxy-${port}.cfg`, haproxyConfig(port, portA, portB, this.plan.shards[0]));
    const haproxy = this.lab.start('haproxy', ['-db', '-f', file]);
    await haproxy.ready(() => accepts(port));
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
    const program = this.start('copy', env);
    return program.ready(() => program.output.includes('copied '));
  }

  /** Makes ring A of the plan ring B, and the reverse: a mistake. */
  exchangeRings(): void {
    const { a, b } = this.plan;
    this.plan = { ...this.plan, a: b, b: a };
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
    const { portA, portB } = this.plan.shards[ordinal];
    const client = this.client((await accepts(portA)) ? portA : portB);
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

  private client(port: number): Redis {
    return connect(port, PASSWORD, { username: USER });
  }

  private async startNutcracker(ring: RingId, listen: number): Promise<Program> {
    const { hash, distribution, hashTag, servers } = this.plan[ring];
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
        const { portA, portB } = this.plan.shards[shard];
        return new NutcrackerServer({ address: `127.0.0.1:${ring === 'a' ? portA : portB}`, name, weight });
      }),
    });
    return this.lab.nutcracker(NutcrackerConfig.of([pool]).toYaml(), [listen]);
  }
}

/** A ring serves if the first server lets the default user in on the port of that ring. */
function haproxyConfig(port: number, portA: number, portB: number, first: ReshardServer): string {
  const backend = (ring: RingId, nutcracker: number, checked: number): string => `
backend ${ring}
  option tcp-check
  tcp-check connect
  tcp-check send "AUTH ${PASSWORD}\\r\\n"
  tcp-check expect string +OK
  tcp-check send "PING\\r\\n"
  tcp-check expect string +PONG
  server nutcracker 127.0.0.1:${nutcracker} check addr 127.0.0.1 port ${checked} inter 30ms fall 1 rise 1 on-marked-down shutdown-sessions
`;
  return `
global
  maxconn 500
defaults
  mode tcp
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  timeout check 200ms
frontend clients
  bind 127.0.0.1:${port}
  use_backend b if { nbsrv(b) gt 0 }
  default_backend a
${backend('a', portA, first.portA)}${backend('b', portB, first.portB)}`;
}
