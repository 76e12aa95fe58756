// A shard with a real replica and three real Sentinels, behind failover bridges.

import { type Redis } from 'ioredis';
import { connect } from './clients';
import { LabFailoverBridge } from './failover-bridge';
import { accepts, freePorts, type Lab, type Program, until } from './lab';

export type Name = 'a' | 'b';

/** How long Sentinel waits before it fails over, in this lab. The lease of a master that lost its replica ends before. */
const DOWN_AFTER_MS = 3000;

export class ReplicatedShard {
  private readonly programs = new Map<Name, Program>();
  private readonly sentinels: Program[] = [];
  private readonly clients: Redis[] = [];

  private constructor(
    private readonly lab: Lab,
    private readonly ports: Record<Name, number>,
    private readonly sentinelPorts: readonly number[],
    private readonly password: string,
  ) {}

  /** A master a, its replica b in sync, and Sentinels that know both. */
  static async start(lab: Lab, { password = '', downAfterMs = DOWN_AFTER_MS } = {}): Promise<ReplicatedShard> {
    const [a, b, ...sentinels] = await freePorts(5);
    const it = new ReplicatedShard(lab, { a, b }, sentinels, password);
    await it.startServer('a');
    await it.startServer('b', 'a');
    await until('b is in sync', async () => (await it.info('a')).includes('state=online'));
    for (const port of sentinels) await it.startSentinel(port, downAfterMs);
    await until('the Sentinels know each other and the replica', async () =>
      (await Promise.all(sentinels.map((port) => it.sees(port)))).every(Boolean),
    );
    return it;
  }

  /** A bridge to the shard, started. */
  async bridge(): Promise<LabFailoverBridge> {
    const [a, b] = [this.ports.a, this.ports.b].map((port) => `127.0.0.1:${port}`);
    const sentinels = this.sentinelPorts.map((port) => `127.0.0.1:${port}`);
    const bridge = await LabFailoverBridge.write(
      this.lab,
      { shards: [{ a, b }], sentinels },
      { password: this.password },
    );
    await bridge.start();
    return bridge;
  }

  /** Starts a server, as a replica of the other if given. */
  async startServer(name: Name, of?: Name): Promise<void> {
    const directory = `${this.lab.dir}/${name}`;
    this.lab.write(`${name}/empty`, '');
    const { password } = this;
    const program = this.lab.start('redis-server', [
      ...['--port', String(this.ports[name]), '--bind', '127.0.0.1', '--dir', directory, '--save', ''],
      ...['--replica-announce-ip', '127.0.0.1', '--repl-diskless-sync-delay', '0', '--replica-serve-stale-data', 'no'],
      ...(password === '' ? [] : ['--requirepass', password, '--masterauth', password]),
      ...(of ? ['--replicaof', '127.0.0.1', String(this.ports[of])] : []),
    ]);
    this.programs.set(name, program);
    await program.ready(() => accepts(this.ports[name]));
  }

  /** The server process. */
  server(name: Name): Program {
    const program = this.programs.get(name);
    if (!program) throw new Error(`server ${name} was not started`);
    return program;
  }

  /** The process of a Sentinel. */
  sentinel(i: number): Program {
    return this.sentinels[i];
  }

  /** The server that answers a client of the bridge. */
  async routed(bridge: LabFailoverBridge): Promise<Name | undefined> {
    const info = await bridge.ask(0, 'CONFIG GET port');
    if (info === undefined) return undefined;
    return info === String(this.ports.a) ? 'a' : 'b';
  }

  /** The server that a Sentinel names. */
  async named(i: number): Promise<Name | undefined> {
    const reply = await this.client(this.sentinelPorts[i]).call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'shard-0');
    if (!Array.isArray(reply)) return undefined;
    return reply[1] === String(this.ports.a) ? 'a' : 'b';
  }

  /** INFO replication of a server; empty without a reply, such as when Sentinel promotes it, which closes its connections. */
  async info(name: Name, section = 'replication'): Promise<string> {
    return this.client(this.ports[name])
      .info(section)
      .catch(() => '');
  }

  /** Makes a server a replica of the other. */
  async follow(name: Name, of: Name): Promise<void> {
    await this.call(name, 'REPLICAOF', '127.0.0.1', String(this.ports[of]));
  }

  /** Runs a command on a server. */
  call(name: Name, command: string, ...args: string[]): Promise<unknown> {
    return this.client(this.ports[name]).call(command, ...args);
  }

  /** Whether the test has ended. */
  closed = false;

  close(): void {
    this.closed = true;
    for (const client of this.clients) client.disconnect();
  }

  private client(port: number): Redis {
    const known = this.clients.find(({ options }) => options.port === port);
    if (known) return known;
    const client = connect(port, this.password);
    this.clients.push(client);
    return client;
  }

  private async startSentinel(port: number, downAfterMs: number): Promise<void> {
    const auth = this.password === '' ? [] : [`auth-pass shard-0 ${this.password}`, `sentinel-pass ${this.password}`];
    const lines = [
      `monitor shard-0 127.0.0.1 ${this.ports.a} 2`,
      `down-after-milliseconds shard-0 ${downAfterMs}`,
      'failover-timeout shard-0 5000',
      ...auth,
    ];
    const file = this.lab.write(
      `sentinel-${port}/sentinel.conf`,
      [
        `port ${port}\nbind 127.0.0.1\ndir ${this.lab.dir}/sentinel-${port}\n`,
        this.password === '' ? '' : `requirepass ${this.password}\n`,
        ...lines.map((line) => `sentinel ${line}\n`),
      ].join(''),
    );
    const program = this.lab.start('redis-server', [file, '--sentinel']);
    this.sentinels.push(program);
    await program.ready(() => accepts(port));
  }

  private async sees(port: number): Promise<boolean> {
    const flat = (await this.client(port).call('SENTINEL', 'MASTER', 'shard-0')) as string[];
    const value = (name: string): string => flat[flat.indexOf(name) + 1];
    return value('num-other-sentinels') === '2' && value('num-slaves') === '1' && value('flags') === 'master';
  }
}

/** Asks a bridge without a pause which server answers, and remembers each change. */
export class RouteHistory {
  readonly routes: (Name | 'unavailable')[] = [];
  private stopped = false;
  private readonly running: Promise<void>;

  constructor(
    private readonly shard: ReplicatedShard,
    private readonly bridge: LabFailoverBridge,
  ) {
    this.running = this.observe();
  }

  get last(): Name | 'unavailable' | undefined {
    return this.routes.at(-1);
  }

  async stop(): Promise<(Name | 'unavailable')[]> {
    this.stopped = true;
    await this.running;
    return this.routes;
  }

  private async observe(): Promise<void> {
    while (!this.stopped && !this.shard.closed) {
      const route = (await this.shard.routed(this.bridge)) ?? 'unavailable';
      if (route !== this.last) this.routes.push(route);
    }
  }
}
