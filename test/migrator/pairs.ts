// Old servers with data and new ones that start fenced, as a context for the migrator's commands.

import * as path from 'node:path';
import { type Redis } from 'ioredis';
import { joinWords } from '../../lib/redis/config/text';
import { type MovePlan } from '../../lib/migration/plan';
import { type Context } from '../../migrator/commands/context';
import { type Progress } from '../../migrator/report/report';
import { connect } from '../lab/clients';
import { freePorts, type Lab, type Program, until } from '../lab/lab';
import { OldFleet, type OldFleetProps } from '../lab/old-fleet';

export interface PairsProps extends OldFleetProps {
  /** Additional directives of a new server. */
  readonly newDirectives?: (ordinal: number) => string[][];
  /** Whether the new servers run without a configuration file. */
  readonly newWithoutFile?: boolean;
  readonly plan?: Partial<MovePlan>;
}

/** The new names of renamed commands on the old servers. */
export interface Renamed {
  readonly renamedCommands?: Readonly<Record<string, string>>;
}

export class Pairs {
  private static readonly started: Pairs[] = [];

  /** Disconnects the clients of all pairs. */
  static disconnectAll(): void {
    for (const pairs of Pairs.started.splice(0)) pairs.disconnect();
  }

  static async start(lab: Lab, props: PairsProps): Promise<Pairs> {
    const old = await OldFleet.of(lab, props);
    const pairs = new Pairs(lab, props, old, await freePorts(props.servers));
    Pairs.started.push(pairs);
    await Promise.all([old.start(), ...old.ordinals.map((ordinal) => pairs.startNew(ordinal))]);
    return pairs;
  }

  readonly progress: Progress[] = [];
  private readonly clients: Redis[] = [];
  private readonly programs = new Map<number, Program>();

  private constructor(
    private readonly lab: Lab,
    private readonly props: PairsProps,
    readonly oldFleet: OldFleet,
    readonly newPorts: readonly number[],
  ) {}

  get plan(): MovePlan {
    const { oldFleet, newPorts } = this;
    return {
      version: 2,
      fleet: 'unit-1',
      pools: [{ name: 'unit1', hash: 'fnv1a_64', distribution: 'ketama', hashTag: '{}', database: 0 }],
      sync: { concurrency: 4, perSourceHost: 4 },
      cutover: { concurrency: 4, deadlineMs: 2000 },
      keepLegacyInSync: false,
      proxyNetworks: [],
      shards: oldFleet.pool.servers.map(({ ringName, weight, address }, shard) => ({
        shard,
        servers: [{ pool: 'unit1', ringName, weight }],
        old: address,
        new: `127.0.0.1:${newPorts[shard]}`,
      })),
      ...this.props.plan,
    };
  }

  contextOf({ renamedCommands = {}, ...plan }: Partial<MovePlan> & Renamed = {}): Context {
    const whole = { ...this.plan, ...plan };
    const report = {
      progress: (progress: Progress) => void this.progress.push(progress),
      note: () => undefined,
      end: () => undefined,
    };
    const access = { password: this.oldFleet.password, renamedCommands, planHash: 'a-plan' };
    return { plan: whole, shards: whole.shards, access, report, stop: new AbortController().signal };
  }

  old(ordinal: number): Redis {
    return this.kept(this.oldFleet.serverClient(ordinal));
  }

  new(ordinal: number): Redis {
    return this.kept(connect(this.newPorts[ordinal], this.oldFleet.password));
  }

  /** Disconnects the clients, so that none of them is unexpected. */
  disconnect(): void {
    for (const client of this.clients.splice(0)) client.disconnect();
  }

  /** Makes every new server follow its old one, and waits until it is in sync. */
  async sync(): Promise<void> {
    await Promise.all(
      this.oldFleet.ordinals.map(async (ordinal) => {
        // So that the master does not wait for other replicas; up to 2.8 it never does.
        await this.old(ordinal)
          .config('SET', 'repl-diskless-sync-delay', '0')
          .catch(() => undefined);
        const client = this.new(ordinal);
        await client.replicaof('127.0.0.1', this.oldFleet.portOf(ordinal));
        await until('the new server follows', async () => (await client.info()).includes('master_link_status:up'));
        // On a busy machine the fork may have taken so long that preflight would warn about it.
        await this.old(ordinal).config('RESETSTAT');
      }),
    );
    this.disconnect();
  }

  /** Promotes a new server and fences its old one. */
  async move(ordinal: number): Promise<void> {
    await this.fence(this.old(ordinal));
    await this.new(ordinal).replicaof('NO', 'ONE');
    this.disconnect();
  }

  /** A fenced server, which refuses reads. */
  async fence(client: Redis): Promise<void> {
    await client.config('SET', 'slave-serve-stale-data', 'no');
    await client.slaveof('127.0.0.1', 1);
  }

  async stopNew(ordinal: number): Promise<void> {
    await this.programs.get(ordinal)?.stop();
  }

  private kept(client: Redis): Redis {
    this.clients.push(client);
    return client;
  }

  private async startNew(ordinal: number): Promise<void> {
    const words = [
      ['port', String(this.newPorts[ordinal])],
      ['bind', '127.0.0.1'],
      ['dir', path.dirname(this.lab.write(`new-${ordinal}/.keep`, ''))],
      ['requirepass', this.oldFleet.password],
      ['masterauth', this.oldFleet.password],
      ['save', ''],
      ['replicaof', '127.0.0.1', '1'],
      ['replica-serve-stale-data', 'no'],
      ...(this.props.newDirectives?.(ordinal) ?? []),
    ];
    const file = this.lab.write(`new-${ordinal}/redis.conf`, `${words.map(joinWords).join('\n')}\n`);
    const args = this.props.newWithoutFile ? words.flatMap(([name, ...values]) => [`--${name}`, ...values]) : [file];
    const program = this.lab.start(process.env.NEW_REDIS_SERVER ?? 'redis-server', args);
    this.programs.set(ordinal, program);
    const client = connect(this.newPorts[ordinal], this.oldFleet.password);
    const answers = (): Promise<boolean> =>
      client.ping().then(Boolean, (error: unknown) => (error as Error).message.startsWith('MASTERDOWN'));
    await program.ready(answers).finally(() => {
      client.disconnect();
    });
  }
}
