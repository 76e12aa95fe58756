// A fleet with replicas and TLS during its migration: old servers with TLS or without, and the pods of the charts of each phase. All have the
// ports that they have in a cluster, where old servers may have those of the second servers.

import * as fs from 'node:fs';
import { type Redis } from 'ioredis';
import { type FleetChartsProps, MigrationPhase, NetworkPeer, TlsPhase } from '../../lib';
import { type Side, SIDES } from '../../lib/failover/replica-plan';
import { joinWords } from '../../lib/redis/config/text';
import { type Authority, type CertificateSecret, trusting } from './certificates';
import { connect, PASSWORD } from './clients';
import { type Lab, type Program, until } from './lab';
import { type LabPod } from './pod';
import { LabTlsReplicas, PORTS } from './tls-replicas';

/** The name in the certificates of the old servers. */
const OLD_NAME = 'redis.old.example';

export interface LabTlsMoveProps {
  /** The authority of the old servers, which then have no port without TLS, and require certificates. @default - they have no TLS */
  readonly oldAuthority?: Authority;
  readonly oldPort: number;
  readonly keepLegacyInSync: boolean;
}

export class LabTlsMove extends LabTlsReplicas {
  private phase = MigrationPhase.MOVING;
  private readonly old = new Map<number, Program>();
  /** What the migrator, the bridge and the shards show the old servers. */
  private readonly client?: CertificateSecret;

  constructor(
    lab: Lab,
    shards: number,
    private readonly newAuthority: Authority,
    private readonly tls: TlsPhase,
    private readonly move: LabTlsMoveProps,
  ) {
    super(lab, shards, newAuthority);
    this.client = move.oldAuthority?.issue(['mover']);
  }

  protected override get moreProps(): Partial<FleetChartsProps> {
    const { oldAuthority, oldPort, keepLegacyInSync } = this.move;
    const oldTls = { caSecretName: 'old-ca', clientSecretName: 'old-client', serverName: OLD_NAME };
    return {
      pool: this.pool.movedTo(this.ordinals.map((n) => `${this.oldHost(n)}:${oldPort}`)),
      redisClients: [NetworkPeer.anyone()],
      migration: {
        phase: this.phase,
        proxyNetworks: ['127.0.0.0/8'],
        syncsPerSourceHost: 8,
        keepLegacyInSync,
        ...(oldAuthority && { oldTls }),
      },
    };
  }

  protected override get moreSecrets(): Record<string, Record<string, string>> {
    if (this.client === undefined) return {};
    const data = { ...this.client };
    return { 'old-ca': data, 'old-client': data };
  }

  /** Replicas are not ready before the first synchronization. */
  protected override async isReady(pod: LabPod): Promise<boolean> {
    if (this.phase === MigrationPhase.MOVED) return pod.ready();
    const ordinal = Number(pod.name.split('-').at(-1));
    return 'role' in (await this.replication(ordinal, pod.name.startsWith('fleet-redis-b') ? 'b' : 'a'));
  }

  /** Starts the old servers, and all pods. */
  async start(): Promise<void> {
    await Promise.all(this.ordinals.map((n) => this.startOld(n)));
    this.charts = this.synthesize(this.tls);
    await Promise.all([this.rollSentinels(true), ...SIDES.map((side) => this.rollServers(side, true))]);
    await this.rollProxy();
  }

  /** Applies the phase MOVED as the runbook does: the proxies, then the Sentinels. */
  async finish(): Promise<void> {
    this.enter(MigrationPhase.MOVED);
    await this.rollProxy();
    await this.rollSentinels();
    await this.untilReplicated();
  }

  /** Returns to the phase MOVING as the runbook does: the Sentinels, then the proxies. */
  async reopen(): Promise<void> {
    this.enter(MigrationPhase.MOVING);
    await this.rollSentinels();
    await this.rollProxy();
  }

  private enter(phase: MigrationPhase): void {
    const templates = (): string[] =>
      [this.charts.redis.statefulSet, this.charts.redis.replicaStatefulSet].map((it) => JSON.stringify(it?.toJson()));
    const before = templates();
    this.phase = phase;
    this.charts = this.synthesize(this.tls);
    expect(templates()).toEqual(before);
  }

  /** Runs the Job of a step, which must succeed. */
  async run(step: string, env: Record<string, string> = {}): Promise<string> {
    const job = this.charts.migration?.jobs[step];
    if (job === undefined) throw new Error(`there is no Job ${step}`);
    const output = await this.job(job, job.name, env);
    if (!output.endsWith('exit code 0')) throw new Error(`the Job ${step} has failed: ${output}`);
    return output;
  }

  /** Kills servers, which kubelet restarts, and waits until they are what they were. */
  async killAll(sides: readonly Side[], ordinals = this.ordinals): Promise<void> {
    const all = ordinals.flatMap((n) => sides.map((side): [number, Side] => [n, side]));
    const roles = (): Promise<string[]> => Promise.all(all.map((it) => this.roleOf(...it)));
    const before = await roles();
    await Promise.all(all.map((it) => this.kill(...it)));
    await until(`the servers ${sides.join(' and ')} are what they were`, async () => {
      return (await roles()).join() === before.join();
    });
  }

  /** What a server is, with the server that it follows and whether it does. */
  async roleOf(ordinal: number, side: Side): Promise<string> {
    const {
      role,
      master_host: host,
      master_port: port,
      master_link_status: link,
    } = await this.replication(ordinal, side);
    return role === 'slave' ? `slave of ${host}:${port} ${link}` : role;
  }

  /** The roles of the servers of a shard that follows its old server, or that serves, once its replica follows. */
  rolesWhen(ordinal: number, isMoved: boolean): string[] {
    const port = PORTS.a[this.tls === TlsPhase.OFFERED ? 0 : 1];
    const a = isMoved ? 'master' : `slave of ${this.oldHost(ordinal)}:${this.move.oldPort} up`;
    return [a, `slave of ${this.hostOf(ordinal, 'a')}:${port} up`];
  }

  async untilRoles(isMoved: boolean): Promise<void> {
    for (const n of this.ordinals) {
      const wanted = this.rolesWhen(n, isMoved).join();
      await until(`both servers of shard ${n} are ${wanted}`, async () => {
        return (await Promise.all(SIDES.map((side) => this.roleOf(n, side)))).join() === wanted;
      });
    }
  }

  oldHost(ordinal: number): string {
    return `${this.network}.${30 + ordinal}`;
  }

  /** Ends an old server, and starts it again with the role in its file. */
  async restartOld(ordinal: number): Promise<void> {
    await this.old.get(ordinal)?.stop('SIGKILL');
    await this.startOld(ordinal);
  }

  private async startOld(ordinal: number): Promise<void> {
    const directory = `old-${ordinal}`;
    const file = `${this.lab.dir}/${directory}/redis.conf`;
    if (!fs.existsSync(file)) this.lab.write(`${directory}/redis.conf`, this.oldConfig(ordinal, directory));
    const program = this.lab.start('redis-server', [file]);
    this.old.set(ordinal, program);
    const client = this.oldClient(ordinal);
    await program
      .ready(() => client.ping().then(Boolean, (error: unknown) => (error as Error).message.startsWith('MASTERDOWN')))
      .finally(() => {
        client.disconnect();
      });
  }

  private oldClient(ordinal: number): Redis {
    const { client } = this;
    const tls = client && { rejectUnauthorized: false, cert: client['tls.crt'], key: client['tls.key'] };
    return connect(this.move.oldPort, PASSWORD, { host: this.oldHost(ordinal), ...(tls && { tls }) });
  }

  private oldConfig(ordinal: number, directory: string): string {
    const { oldAuthority, oldPort } = this.move;
    const secret = oldAuthority && trusting(oldAuthority.issue([OLD_NAME]), oldAuthority, this.newAuthority);
    const tls = secret && [
      ['port', '0'],
      ['tls-port', `${oldPort}`],
      ['tls-cert-file', this.lab.write(`${directory}/tls.crt`, secret['tls.crt'])],
      ['tls-key-file', this.lab.write(`${directory}/tls.key`, secret['tls.key'])],
      ['tls-ca-cert-file', this.lab.write(`${directory}/ca.crt`, secret['ca.crt'])],
      // As the port of the shards that the plan has.
      ['tls-replication', this.tls === TlsPhase.OFFERED ? 'no' : 'yes'],
    ];
    const words = [
      ['bind', this.oldHost(ordinal)],
      ['dir', `${this.lab.dir}/${directory}`],
      ['requirepass', PASSWORD],
      ['appendonly', 'yes'],
      ['appendfsync', 'always'],
      ['repl-diskless-sync-delay', '0'],
      // Sentinel must not promote it.
      ['replica-priority', '0'],
      ...(tls ?? [['port', `${oldPort}`]]),
    ];
    return `${words.map(joinWords).join('\n')}\n`;
  }
}
