// A whole migration in a lab: an old fleet with data, the synthesized new fleet and its bridges, and the real migrator.

import { once } from 'node:events';
import * as net from 'node:net';
import * as path from 'node:path';
import { Duration } from 'cdk8s';
import { type Redis } from 'ioredis';
import { MigrationPhase, type NutcrackerPool } from '../../lib';
import { usesTls } from '../../lib/redis/server-ports';
import { type CertificateSecret } from './certificates';
import { readDataset } from './dataset';
import { LabFleet, type LabFleetProps, type LabProxy } from './fleet';
import { accepts, freePorts, type Lab, type Program } from './lab';
import { Load, type LoadProps } from './load';
import { OldFleet, type OldFleetProps } from './old-fleet';
import { isReplication, TcpProxy } from './tcp-proxy';

export interface LabMoveProps extends OldFleetProps {
  /** The lines of the Secret with the renamed commands of the old servers. */
  readonly renamedCommands?: string;
  /**
   * Whether the new side reaches the old one through `networks`, which can fail for all connections or only for replicas.
   * @default - directly
   */
  readonly network?: 'for all' | 'for replicas';
  /** The certificate of a HAProxy before each old server, which ends TLS for the new side: the servers have none. */
  readonly tunnel?: CertificateSecret;
  /** The number of proxies during the migration. @default 1 */
  readonly proxies?: number;
  /** More pools on the same servers, made from the first one. */
  readonly others?: (pool: NutcrackerPool) => NutcrackerPool[];
  /** Changes to the new fleet and the migration. */
  readonly fleet?: Partial<
    Pick<
      LabFleetProps,
      | 'migration'
      | 'metrics'
      | 'redis'
      | 'proxies'
      | 'secretValue'
      | 'oldSecretValue'
      | 'path'
      | 'replace'
      | 'tls'
      | 'certificates'
    >
  >;
}

/** The roles that the two servers of a shard report: `master`, `slave of HOST:PORT`, or `silent`. */
export interface Roles {
  readonly old: string;
  readonly new: string;
}

/** As the Jobs run it. */
const SMALL_HEAP = ['--max-semi-space-size=1', '--max-old-space-size=96'];
const MIGRATOR = path.join(__dirname, '..', '..', 'build', 'migrator', 'migrator.mjs');

/** Clients of this machine belong to the fleet, except those from UNEXPECTED_CLIENT. */
const PROXY_NETWORKS = ['127.0.0.1/32'];
export const UNEXPECTED_CLIENT = '127.0.0.2';

/** By default an old server waits five seconds for a second replica. */
const SYNC_AT_ONCE = ['repl-diskless-sync-delay', '0'];

export class LabMove {
  /** Between the new side and each old server. */
  readonly networks: readonly TcpProxy[];
  /** The proxies for clients in this phase. */
  proxies: LabProxy[] = [];
  /** The new fleet, in this phase. */
  fleet: LabFleet;

  static async of(lab: Lab, props: LabMoveProps): Promise<LabMove> {
    const directives = (ordinal: number): string[][] => [SYNC_AT_ONCE, ...(props.directives?.(ordinal) ?? [])];
    const old = await OldFleet.of(lab, { ...props, directives });
    const concerns = props.network === 'for replicas' ? isReplication : undefined;
    const networks = props.network ? await Promise.all(old.ports.map((port) => TcpProxy.to(port, concerns))) : [];
    const tunnels = props.tunnel ? await startTunnels(lab, old.ports, props.tunnel) : [];
    const addresses = [...networks.map(({ port }) => port), ...tunnels].map((port) => `127.0.0.1:${port}`);
    const fleet = await LabFleet.synthesize(lab, {
      servers: props.servers,
      old: addresses.length > 0 ? old.pool.movedTo(addresses) : old.pool,
      others: props.others?.(old.pool),
      secretValue: old.password,
      ...props.fleet,
      // All old servers are on one host; with the default they would sync one after the other.
      migration: { proxyNetworks: PROXY_NETWORKS, syncsPerSourceHost: 8, ...props.fleet?.migration },
      // No load balancer has to notice here that a proxy stops.
      proxies: { shutdownDelay: Duration.seconds(1), ...props.fleet?.proxies },
    });
    return new LabMove(lab, props, old, fleet, networks);
  }

  private constructor(
    private readonly lab: Lab,
    private readonly props: LabMoveProps,
    readonly old: OldFleet,
    fleet: LabFleet,
    networks: readonly TcpProxy[],
  ) {
    this.fleet = fleet;
    this.networks = networks;
  }

  /** Starts the old servers and the new side. */
  async start(): Promise<void> {
    await this.old.start();
    await this.startNew();
  }

  /** Starts the empty shards, and the proxies with their bridges. */
  async startNew(): Promise<void> {
    await Promise.all(this.ordinals.map((ordinal) => this.fleet.startShard(ordinal)));
    for (let i = 0; i < (this.props.proxies ?? 1); i++) this.proxies.push(await this.fleet.addProxy());
  }

  /** Closes the networks, which are not programs of the lab. */
  async close(): Promise<void> {
    await Promise.all(this.networks.map((network) => network.close()));
  }

  get ordinals(): number[] {
    return this.old.ordinals;
  }

  get proxyPorts(): number[] {
    return this.proxies.map(({ ports }) => ports.proxy);
  }

  /** Runs a command of the migrator on the synthesized plan. */
  migrator(command: string, ...args: string[]): Program {
    return this.migratorWith({}, command, ...args);
  }

  /** The same with more environment variables, such as the step at which it dies. */
  migratorWith(env: NodeJS.ProcessEnv, command: string, ...args: string[]): Program {
    const { renamedCommands } = this.props;
    const renamed =
      renamedCommands === undefined
        ? []
        : ['--renamed-commands', this.lab.write('renamed-commands', `${renamedCommands}\n`)];
    const words = [
      ...SMALL_HEAP,
      MIGRATOR,
      command,
      '--plan',
      this.fleet.planFile(),
      ...renamed,
      ...this.tlsArguments(),
      ...args,
    ];
    const { secretValue = this.old.password, oldSecretValue } = this.props.fleet ?? {};
    const passwords = {
      REDIS_PASSWORD: secretValue,
      ...(oldSecretValue !== undefined && { OLD_PASSWORD: oldSecretValue }),
    };
    return this.lab.start(process.execPath, words, { env: { ...process.env, ...passwords, ...env } });
  }

  /** Those of the Jobs, with files of the lab. */
  private tlsArguments(): string[] {
    const { tls, certificates = {}, migration } = this.props.fleet ?? {};
    const file = (secret: string, name: keyof CertificateSecret): string => {
      return this.lab.write(`${secret}-${name}`, certificates[secret][name]);
    };
    const { oldTls } = migration ?? {};
    const client = oldTls?.clientSecretName;
    return [
      ...(tls && usesTls(tls) ? ['--tls-ca', file(tls.secretName, 'ca.crt')] : []),
      ...(oldTls ? ['--old-tls-ca', file(oldTls.caSecretName, 'ca.crt')] : []),
      ...(client === undefined
        ? []
        : ['--old-tls-cert', file(client, 'tls.crt'), '--old-tls-key', file(client, 'tls.key')]),
    ];
  }

  /** Runs a command that must succeed, and returns its output. */
  async run(command: string, ...args: string[]): Promise<string> {
    const program = this.migrator(command, ...args);
    const code = await program.exit();
    if (code !== 0) throw new Error(`${command} exited with ${String(code)}:\n${program.output}`);
    return program.output;
  }

  /** The roles that all servers report. */
  async roles(): Promise<Roles[]> {
    return Promise.all(
      this.ordinals.map(async (ordinal) => ({
        old: await roleOf(this.old.serverClient(ordinal)),
        new: await roleOf(this.fleet.shardClient(ordinal)),
      })),
    );
  }

  /** The contents of these keys on the old or the new servers (by ordinal, as returned by `old.fill`). */
  async contents(side: 'old' | 'new', keys: readonly string[][]): Promise<Record<string, unknown>[]> {
    return Promise.all(
      keys.map(async (ofShard, ordinal) => {
        const client = side === 'old' ? this.old.serverClient(ordinal) : this.fleet.shardClient(ordinal);
        return readDataset(client, ofShard).finally(() => {
          client.disconnect();
        });
      }),
    );
  }

  /** Loads the fleet through its proxies. */
  async load(props: Partial<LoadProps> = {}): Promise<Load> {
    return Load.start({
      ports: this.proxyPorts,
      password: this.fleet.password,
      shards: this.ordinals.length,
      shardOf: (key) => this.old.ordinalOf(key),
      ...props,
    });
  }

  /** A client of an old server that is not a proxy of this fleet. */
  async unexpectedClient(ordinal: number): Promise<net.Socket> {
    const socket = net.connect({ port: this.old.portOf(ordinal), host: '127.0.0.1', localAddress: UNEXPECTED_CLIENT });
    const password = Buffer.from(this.old.password);
    socket.write(
      Buffer.concat([Buffer.from(`*2\r\n$4\r\nAUTH\r\n$${password.length}\r\n`), password, Buffer.from('\r\n')]),
    );
    const [reply] = (await once(socket, 'data')) as [Buffer];
    if (!reply.toString().startsWith('+OK')) throw new Error(`the unexpected client got ${reply.toString()}`);
    return socket;
  }

  /** Rolls out the proxies without bridges, one after the other, as Kubernetes does, and redirects the load. */
  async rollOut(load?: Load): Promise<void> {
    const before = this.proxies;
    this.fleet = this.fleet.inPhase(MigrationPhase.MOVED);
    this.proxies = [];
    for (const [i, proxy] of before.entries()) {
      this.proxies.push(await this.fleet.addProxy());
      load?.routeTo([...this.proxies, ...before.slice(i + 1)].map(({ ports }) => ports.proxy));
      await proxy.pod.stop();
    }
  }
}

/** Starts a HAProxy that ends TLS before each of these servers, with one certificate; returns its ports. */
async function startTunnels(lab: Lab, servers: readonly number[], certificate: CertificateSecret): Promise<number[]> {
  const ports = await freePorts(servers.length);
  const pem = lab.write('tunnel.pem', certificate['tls.crt'] + certificate['tls.key']);
  const each = servers.map((server, n) => {
    return `listen old-${n}\n  bind 127.0.0.1:${ports[n]} ssl crt ${pem}\n  server old 127.0.0.1:${server}\n`;
  });
  const timeouts = ['connect 5s', 'client 1d', 'server 1d'].map((it) => `  timeout ${it}\n`).join('');
  const file = lab.write('tunnel.cfg', `defaults\n  mode tcp\n${timeouts}${each.join('')}`);
  await lab.start('haproxy', ['-db', '-f', file]).ready(() => accepts(ports[0]));
  return ports;
}

async function roleOf(client: Redis): Promise<string> {
  try {
    const [role, host, port] = (await client.call('ROLE')) as unknown[];
    return role === 'master' ? 'master' : `${String(role)} of ${String(host)}:${String(port)}`;
  } catch {
    return 'silent';
  } finally {
    client.disconnect();
  }
}
