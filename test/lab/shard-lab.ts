// The two servers of a shard and three Sentinels, each started by its real script. In the scripts, the absolute paths of a pod are
// replaced by directories of the lab; every server is 127.0.0.1 with its own port.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Redis } from 'ioredis';
import { type Side } from '../../lib/failover/replica-plan';
import { SENTINEL_SCRIPTS } from '../../lib/redis/sentinel-pod';
import { connect } from './clients';
import { accepts, freePorts, type Lab, type Program } from './lab';
import { lookingOften } from './sentinel';
import { ROOT } from './synthesized';

export interface ShardLabProps {
  /** @default - none */
  readonly password?: string;
  /** The PATH of the scripts, for other shells and tools. @default - the PATH of this process */
  readonly path?: string;
  /** Whether only the user `migrator` may change roles. */
  readonly roleUser?: boolean;
  /** Variables of the scripts, such as DOWN_SECONDS. */
  readonly env?: Record<string, string>;
  /** How Sentinels and servers are addressed. @default 127.0.0.1 */
  readonly host?: string;
  /** Lines of redis.conf. */
  readonly config?: string;
}

const SCRIPTS = path.join(ROOT, 'lib/scripts');
const SHARD_SCRIPTS = [
  'start.sh',
  'epoch.sh',
  'stale-dump.sh',
  'probe.sh',
  'addresses.sh',
  'password.sh',
  'role.sh',
  'priority.sh',
  'hand-over.sh',
];

const USERS = `user default on PASSWORD ~* &* +@all -replicaof -slaveof -failover
user migrator on PASSWORD ~* &* +@all
`;

/** How long something may take here: a failover with the settings of a real fleet, on a busy machine. */
const PATIENCE_MS = 150_000;

/** Waits until the condition holds. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`timed out waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The line of redis.conf for any password. */
export function redisPassword(password: string): string {
  const escaped = Buffer.from(password).toString('hex').replace(/../g, '\\x$&');
  return `requirepass "${escaped}"\nmasterauth "${escaped}"\n`;
}

/** The files of one pod, and how to run its scripts. */
export class ScriptPod {
  readonly data: string;
  private readonly etc: string;

  constructor(
    private readonly lab: Lab,
    readonly name: string,
    private readonly etcMount: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    this.data = path.join(lab.dir, `${name}-data`);
    this.etc = path.join(lab.dir, `${name}-etc`);
    fs.mkdirSync(this.data, { recursive: true });
    fs.mkdirSync(this.etc, { recursive: true });
  }

  /** Writes a file of the mounted configuration. */
  configure(file: string, text: string): void {
    fs.writeFileSync(path.join(this.etc, file), text);
  }

  /** Adds a script of the library, with the paths of the lab. */
  addScript(file: string, replace: Record<string, string> = {}): void {
    let text = fs.readFileSync(path.join(SCRIPTS, file), 'utf8');
    text = text.replaceAll(this.etcMount, this.etc).replace(/\/data(?=[/\s"';]|$)/gm, this.data);
    for (const [from, to] of Object.entries(replace)) {
      if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`);
      text = text.replaceAll(from, () => to);
    }
    this.configure(file, text);
  }

  /** Runs a script, as a container or a hook does. */
  run(script: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Program {
    const merged = { ...process.env, ...this.env, POD_NAME: this.name, ...env };
    return this.lab.start('sh', [path.join(this.etc, script), ...args], { cwd: this.data, env: merged });
  }
}

export class ShardLab {
  static async create(lab: Lab, props: ShardLabProps = {}): Promise<ShardLab> {
    return new ShardLab(lab, props, await freePorts(5));
  }

  readonly pods: Record<Side, ScriptPod>;
  readonly sentinelPods: readonly ScriptPod[];
  private readonly programs = new Map<string, Program>();
  private readonly clients: Redis[] = [];

  private constructor(
    lab: Lab,
    private readonly props: ShardLabProps,
    private readonly ports: readonly number[],
  ) {
    const { password, path: PATH = process.env.PATH, env } = props;
    const shared = { ...env, PATH, ...(password !== undefined && { REDISCLI_AUTH: password }) };
    const server = (name: Side): ScriptPod =>
      new ScriptPod(lab, name === 'a' ? 'redis-0' : 'redis-b-0', '/etc/redis-shard', {
        ...shared,
        REDIS_PORT: String(this.portOf(name)),
        SHARD_SERVER: name,
      });
    this.pods = { a: server('a'), b: server('b') };
    this.sentinelPods = [0, 1, 2].map(
      (n) =>
        new ScriptPod(lab, `sentinel-${n}`, '/etc/sentinel', {
          ...shared,
          SENTINEL_PORT: String(this.sentinelPort(n)),
        }),
    );
    for (const name of ['a', 'b'] as const) this.configureServer(name);
    for (const pod of this.sentinelPods) {
      for (const script of SENTINEL_SCRIPTS) pod.addScript(script);
      pod.configure('role-user', props.roleUser ? 'migrator\n' : '');
      pod.configure('sentinels', this.sentinels);
      pod.configure('shards', `0 ${this.servers}`);
    }
  }

  portOf(server: Side): number {
    return this.ports[server === 'a' ? 0 : 1];
  }

  sentinelPort(n: number): number {
    return this.ports[2 + n];
  }

  /** The addresses of both servers. */
  get servers(): string {
    return `${this.host}:${this.portOf('a')} ${this.host}:${this.portOf('b')}\n`;
  }
  get sentinels(): string {
    return [0, 1, 2].map((n) => `${this.host}:${this.sentinelPort(n)}\n`).join('');
  }

  private get host(): string {
    return this.props.host ?? '127.0.0.1';
  }

  private configureServer(name: Side): void {
    const pod = this.pods[name];
    for (const script of SHARD_SCRIPTS) pod.addScript(script);
    pod.configure('servers', this.servers);
    pod.configure('sentinels', this.sentinels);
    pod.configure('snapshots', 'no\n');
    pod.configure('initial-role.conf', name === 'a' ? '# a master\n' : '# b follows a\n');
    if (this.props.roleUser) pod.configure('users.acl', USERS);
    pod.configure(
      'redis.conf',
      `dir ${pod.data}
port ${this.portOf(name)}
protected-mode no
save ""
appendonly yes
repl-diskless-sync-delay 0
replica-serve-stale-data no
${this.props.roleUser ? `aclfile ${pod.data}/users.acl\n` : ''}${this.props.config ?? ''}
`,
    );
  }

  /** Starts a server; it may wait before it listens. */
  start(name: Side, env: NodeJS.ProcessEnv = {}): Program {
    const program = this.pods[name].run('start.sh', [], env);
    this.programs.set(name, program);
    return program;
  }

  /** Starts the two containers of a Sentinel's pod. */
  startSentinel(n: number): void {
    this.programs.set(`sentinel-${n}`, this.sentinelPods[n].run('sentinel.sh'));
    this.programs.set(`monitor-${n}`, this.sentinelPods[n].run('monitor.sh'));
  }

  async killSentinel(n: number): Promise<void> {
    await this.program(`sentinel-${n}`).stop('SIGKILL');
    await this.program(`monitor-${n}`).stop('SIGKILL');
  }

  /** Starts everything, and waits until all Sentinels monitor a, and b could take over. */
  async startAll(): Promise<void> {
    for (const n of [0, 1, 2]) this.startSentinel(n);
    this.start('a');
    this.start('b');
    await this.settled('a');
  }

  /** Deletes the data directory of a pod: a new volume. */
  loseDisk(pod: ScriptPod): void {
    fs.rmSync(pod.data, { recursive: true });
    fs.mkdirSync(pod.data);
  }

  /** The master that all Sentinels name, and its replica; waits until both have the roles. */
  async roles(): Promise<[Side, Side]> {
    let master: Side | undefined;
    await this.lookingOften(() =>
      this.waitFor('all Sentinels name one master, and its partner may be promoted', async () => {
        for (const name of ['a', 'b'] as const) if (await this.isSettled(name)) master = name;
        return master !== undefined;
      }),
    );
    return master === 'b' ? ['b', 'a'] : ['a', 'b'];
  }

  program(name: string): Program {
    const program = this.programs.get(name);
    if (program === undefined) throw new Error(`${name} was not started`);
    return program;
  }

  async kill(name: Side): Promise<void> {
    await this.program(name).stop('SIGKILL');
  }

  /** Runs `hand-over.sh`, and then stops the server, as kubelet does. Returns the output of the script. */
  async stop(name: Side): Promise<string> {
    const hook = this.handOver(name);
    await hook.exit();
    await this.program(name).stop('SIGTERM');
    return hook.output;
  }

  handOver(name: Side, env: NodeJS.ProcessEnv = {}): Program {
    return this.pods[name].run('hand-over.sh', [], env);
  }

  /** The client of a server that may change roles. */
  client(name: Side): Redis {
    const username = this.props.roleUser ? 'migrator' : undefined;
    const password = this.props.password ?? (username && 'any');
    const client = connect(this.portOf(name), password ?? '', { username });
    this.clients.push(client);
    return client;
  }

  /** A client of one Sentinel. */
  sentinel(n: number): Redis {
    const client = connect(this.sentinelPort(n), this.props.password ?? '');
    this.clients.push(client);
    return client;
  }

  /** INFO replication of a server; empty without a reply. */
  async info(name: Side): Promise<Record<string, string>> {
    const client = this.client(name);
    const text = await client.info('replication').catch(() => '');
    client.disconnect();
    return Object.fromEntries([...text.matchAll(/^([^:\r\n]+):(.*?)\r?$/gm)].map(([, key, value]) => [key, value]));
  }

  /** Whether a server is a linked replica. */
  async follows(name: Side): Promise<boolean> {
    const { role, master_link_status: link } = await this.info(name);
    return role === 'slave' && link === 'up';
  }

  async priority(name: Side): Promise<string> {
    const client = this.client(name);
    const [, value] = (await client.config('GET', 'replica-priority').catch(() => [])) as string[];
    client.disconnect();
    return value;
  }

  /** The server that a Sentinel names, or its reply. */
  async named(n: number): Promise<Side | undefined> {
    const client = this.sentinel(n);
    const reply = await client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'shard-0').catch(() => undefined);
    client.disconnect();
    const port = Number((reply as string[] | null | undefined)?.[1]);
    return (['a', 'b'] as const).find((name) => this.portOf(name) === port);
  }

  /** What all programs have printed. */
  get output(): string {
    return [...this.programs].map(([name, { output }]) => `--- ${name}\n${output}`).join('');
  }

  /** Waits until all Sentinels name this server, and consider its replica eligible. */
  async settled(master: Side): Promise<void> {
    await this.lookingOften(() =>
      this.waitFor(`all Sentinels name ${master}, and its partner may be promoted`, () => this.isSettled(master)),
    );
  }

  private async lookingOften(act: () => Promise<void>): Promise<void> {
    for (const n of [0, 1, 2]) await this.waitFor('it listens', () => accepts(this.sentinelPort(n)));
    const sentinels = [0, 1, 2].map((n) => this.sentinel(n));
    await lookingOften(sentinels, act);
    for (const sentinel of sentinels) sentinel.disconnect();
  }

  private async isSettled(master: Side): Promise<boolean> {
    const replica = master === 'a' ? 'b' : 'a';
    for (const n of [0, 1, 2]) {
      if ((await this.named(n)) !== master || !(await this.isEligible(n, replica))) return false;
    }
    return this.follows(replica);
  }

  /** Waits until the condition holds; fails with the output of all programs. */
  async waitFor(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    await eventually(what, condition).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.output}`);
    });
  }

  /** Whether a Sentinel would promote this replica. */
  async isEligible(n: number, replica: Side): Promise<boolean> {
    const client = this.sentinel(n);
    const replicas = (await client.call('SENTINEL', 'REPLICAS', 'shard-0').catch(() => [])) as string[][];
    client.disconnect();
    return replicas.some((fields) => {
      const field = (name: string): string => fields[fields.indexOf(name) + 1];
      return (
        field('port') === String(this.portOf(replica)) && field('flags') === 'slave' && field('slave-priority') !== '0'
      );
    });
  }

  /** Ends the clients. The lab ends the programs. */
  disconnect(): void {
    for (const client of this.clients) client.disconnect();
  }
}
