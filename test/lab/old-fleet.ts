// The old fleet as processes of a lab: standalone Redis servers behind a nutcracker. OLD_REDIS_SERVER in the environment
// selects another redis-server than the installed one.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Redis, type RedisOptions } from 'ioredis';
import { HashRing, NutcrackerConfig, NutcrackerPool, type NutcrackerPoolProps, NutcrackerServer } from '../../lib';
import { joinWords } from '../../lib/redis/config/text';
import { type CertificateSecret } from './certificates';
import { connect, PASSWORD } from './clients';
import { isStream, keysWhere, writeDataset } from './dataset';
import { freePort, freePorts, type Lab, type Program } from './lab';

/** The configuration file: writable, not writable, or none because all settings are arguments. */
export type ConfigFile = 'writable' | 'read-only' | 'none';

export interface OldFleetProps {
  readonly servers: number;
  /** @default PASSWORD */
  readonly password?: string;
  /** @default false */
  readonly appendonly?: boolean;
  /** More directives of a server, such as `['rename-command', 'CONFIG', 'hidden']`. */
  readonly directives?: (ordinal: number) => string[][];
  /** The ring names. @default - the addresses */
  readonly ringNames?: readonly string[];
  /** Changes to the pool of its proxies. */
  readonly pool?: Partial<NutcrackerPoolProps>;
  /** TLS of the servers, which then have no other port. */
  readonly tls?: OldFleetTls;
  /** @default writable */
  readonly configFile?: (ordinal: number) => ConfigFile;
  /** The redis-server; OLD_REDIS_SERVER overrides it. */
  readonly binary?: string;
}

/** The certificates of old servers with TLS. */
export interface OldFleetTls {
  /** The certificate of a server, and the authorities that it trusts. */
  readonly certificate: (ordinal: number) => CertificateSecret;
  /** A certificate that the servers accept; without one, they require none of their clients. */
  readonly client?: CertificateSecret;
}

/** Debian's user nobody, who cannot write files of root. */
const NOBODY = 65_534;

export class OldFleet {
  /** The old nutcracker.yml. */
  readonly pool: NutcrackerPool;
  readonly password: string;
  private readonly ring: HashRing;
  private readonly programs = new Map<number, Program>();
  private proxy?: Program;

  static async of(lab: Lab, props: OldFleetProps): Promise<OldFleet> {
    return new OldFleet(lab, props, await freePorts(props.servers), await freePort());
  }

  private constructor(
    private readonly lab: Lab,
    private readonly props: OldFleetProps,
    /** The ports of the servers, by ordinal. */
    readonly ports: readonly number[],
    readonly proxyPort: number,
  ) {
    this.password = props.password ?? PASSWORD;
    this.pool = new NutcrackerPool({
      name: 'alpha',
      listen: `127.0.0.1:${proxyPort}`,
      hashTag: '{}',
      redis: true,
      redisAuth: this.password,
      timeout: 2000,
      servers: ports.map(
        (port, n) => new NutcrackerServer({ address: `127.0.0.1:${port}`, name: props.ringNames?.[n] }),
      ),
      ...props.pool,
    });
    this.ring = HashRing.of(this.pool);
  }

  get ordinals(): number[] {
    return [...this.ports.keys()];
  }

  /** The port of a server. */
  portOf(ordinal: number): number {
    return this.ports[ordinal];
  }

  /** The ordinal of the server on which the ring puts a key. */
  ordinalOf(key: string): number {
    return this.pool.servers.indexOf(this.ring.serverFor(key));
  }

  /** The data directory of a server, with its configuration in `etc`. */
  directory(ordinal: number): string {
    return path.join(this.lab.dir, `old-${ordinal}`);
  }

  /** The process of a server. */
  program(ordinal: number): Program {
    const program = this.programs.get(ordinal);
    if (program === undefined) throw new Error(`old server ${ordinal} was never started`);
    return program;
  }

  /** Starts all servers, or the given ones. */
  async start(...ordinals: number[]): Promise<void> {
    await Promise.all((ordinals.length > 0 ? ordinals : this.ordinals).map((ordinal) => this.startOne(ordinal)));
  }

  /** Ends a server: SIGTERM lets it save, SIGKILL does not. */
  async stop(ordinal: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.program(ordinal).stop(signal);
  }

  /** Restarts a server on its directory and configuration. */
  async restart(ordinal: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.stop(ordinal, signal);
    await this.start(ordinal);
  }

  /** Stops a server with SIGSTOP. */
  freeze(ordinal: number): void {
    this.program(ordinal).child.kill('SIGSTOP');
  }

  /** Resumes a frozen server. */
  thaw(ordinal: number): void {
    this.program(ordinal).child.kill('SIGCONT');
  }

  /** The file that the old proxies read. */
  get nutcrackerYaml(): string {
    return NutcrackerConfig.of([this.pool]).toYaml();
  }

  async startProxy(): Promise<Program> {
    this.proxy = await this.lab.nutcracker(this.nutcrackerYaml, [this.proxyPort]);
    return this.proxy;
  }

  async stopProxy(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.proxy?.stop(signal);
  }

  /** A client of the old proxy. */
  client(): Redis {
    return connect(this.proxyPort, this.password);
  }

  /** A client of one server. */
  serverClient(ordinal: number): Redis {
    return connect(this.ports[ordinal], this.password, this.tlsOfClients);
  }

  /** Writes up to this many keys, of every type in turn, to each server according to the ring; returns them by ordinal. */
  async fill(keysPerServer: number): Promise<string[][]> {
    return Promise.all(
      this.ordinals.map(async (ordinal) => {
        const keys = keysWhere((key) => this.ordinalOf(key) === ordinal, keysPerServer);
        const client = this.serverClient(ordinal);
        const version = /redis_version:(\d+)/.exec(await client.info('server'))?.[1];
        const known = keys.filter((key) => Number(version) >= 5 || !isStream(key));
        await writeDataset(client, known);
        client.disconnect();
        return known;
      }),
    );
  }

  private async startOne(ordinal: number): Promise<void> {
    const binary = process.env.OLD_REDIS_SERVER ?? this.props.binary ?? 'redis-server';
    const kind = this.props.configFile?.(ordinal) ?? 'writable';
    const { file, words } = this.configure(ordinal, kind);
    const args = kind === 'none' ? words.flatMap(([name, ...values]) => [`--${name}`, ...values]) : [file];
    const program = this.lab.start(binary, args, process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {});
    this.programs.set(ordinal, program);
    // Lets the lab be removed.
    void program.exit().finally(() => {
      fs.chmodSync(path.dirname(file), 0o755);
    });
    const client = this.serverClient(ordinal);
    // A fenced server replies MASTERDOWN, also while it loads.
    const hasLoaded = async (): Promise<boolean> => /^loading:0/m.test(await client.info('persistence'));
    const isUp = (): Promise<boolean> =>
      client.ping().then(Boolean, (error: unknown) => (error as Error).message.startsWith('MASTERDOWN') && hasLoaded());
    await program.ready(isUp).finally(() => {
      client.disconnect();
    });
  }

  /** Writes the configuration unless it exists, and sets its permissions. */
  private configure(ordinal: number, kind: ConfigFile): { file: string; words: string[][] } {
    const directory = this.directory(ordinal);
    const file = path.join(directory, 'etc', 'redis.conf');
    const words = this.directivesOf(ordinal);
    if (!fs.existsSync(file)) this.lab.write(path.relative(this.lab.dir, file), `${words.map(joinWords).join('\n')}\n`);
    const owned = kind === 'writable' ? [directory, path.dirname(file), file] : [directory];
    if (process.getuid?.() === 0) for (const name of owned) fs.chownSync(name, NOBODY, NOBODY);
    if (kind !== 'writable') {
      fs.chmodSync(file, 0o444);
      fs.chmodSync(path.dirname(file), 0o555);
    }
    return { file, words };
  }

  /** Of a client that trusts every server. */
  private get tlsOfClients(): RedisOptions {
    const { tls } = this.props;
    if (tls === undefined) return {};
    return { tls: { rejectUnauthorized: false, cert: tls.client?.['tls.crt'], key: tls.client?.['tls.key'] } };
  }

  private tlsDirectives(ordinal: number): string[][] {
    const { tls } = this.props;
    if (tls === undefined) return [];
    const certificate = tls.certificate(ordinal);
    const file = (name: keyof CertificateSecret): string => {
      return this.lab.write(`old-${ordinal}/tls/${name}`, certificate[name]);
    };
    return [
      ['port', '0'],
      ['tls-port', String(this.ports[ordinal])],
      ['tls-cert-file', file('tls.crt')],
      ['tls-key-file', file('tls.key')],
      ['tls-ca-cert-file', file('ca.crt')],
      ['tls-auth-clients', tls.client ? 'yes' : 'no'],
    ];
  }

  private directivesOf(ordinal: number): string[][] {
    return [
      ['port', String(this.ports[ordinal])],
      ['bind', '127.0.0.1'],
      ['dir', this.directory(ordinal)],
      ['requirepass', this.password],
      ['appendonly', this.props.appendonly ? 'yes' : 'no'],
      ...this.tlsDirectives(ordinal),
      ...(this.props.directives?.(ordinal) ?? []),
    ];
  }
}
