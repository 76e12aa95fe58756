// How a server gets and loses the role of a master, so that the change survives a restart.

import { NOWHERE } from '../lib/migration/plan';
import { type CommandLine, hostAndPort, type RedisServer, ServerError } from './server';
import { type Version } from './version';
import { type ServerView, viewOf, WRITE_FENCE } from './view';
import { Info } from './info';

/** How writes are held until the shard has moved. */
export type HoldMethod = 'pause' | 'fence';

/** A promoted server takes no writes before its role is on its disk; for as long at the most. */
const PROMOTION_MS = 10_000;

const BROKEN_FILE =
  'Redis 6.0 writes a password that needs quotes without them, and would not start again; it is not asked to rewrite its file';

/** The role changed, but not in the server's file: it would be another one after a restart. */
export class NotDurable extends Error {}

/** A server whose role changes, with what its version calls things. */
export class Roles {
  constructor(
    private readonly server: RedisServer,
    private readonly version: Version,
  ) {}

  /** Proves that the server can keep a role. Throws NotDurable. */
  async checkDurable(): Promise<void> {
    if (this.breaksItsFile) throw new NotDurable(`${this.server.address}: ${BROKEN_FILE}`);
    await this.server.call('CONFIG', 'REWRITE').catch((error: unknown) => {
      throw error instanceof ServerError && error.code !== 'UNREACHABLE' ? new NotDurable(error.message) : error;
    });
  }

  /** The way to hold writes that troubles clients least: up to 6.0, CLIENT PAUSE would hold this program as well. */
  get holdMethod(): HoldMethod {
    return this.version.pausesWrites ? 'pause' : 'fence';
  }

  /**
   * Holds all writes: by a pause, which ends by itself, or by asking for more replicas than there are, which has writers
   * get an error until it is lifted.
   */
  async hold(method: HoldMethod, ms: number): Promise<void> {
    if (method === 'pause') {
      await this.server.call('CLIENT', 'PAUSE', ms, 'WRITE');
      return;
    }
    const wanted = await this.wantedReplicas();
    if (wanted >= WRITE_FENCE) return;
    // A lag of 0 would switch the fence off.
    if (Number(await this.server.setting(this.setting('min-replicas-max-lag'))) === 0) {
      await this.server.call('CONFIG', 'SET', this.setting('min-replicas-max-lag'), 10);
    }
    await this.server.call('CONFIG', 'SET', this.setting('min-replicas-to-write'), wanted + WRITE_FENCE);
  }

  /** Ends whatever holds writes, also what an earlier run left behind. */
  async release(): Promise<void> {
    await this.server.all([...(await this.fenceLifting()), ...this.pauseLifting()]);
  }

  /**
   * Makes a replica of nobody out of a master: it refuses writes, and reads as well. Gives what it says of itself then:
   * no write can come after that offset. Throws NotDurable, with the server demoted.
   */
  async demote(): Promise<ServerView> {
    return this.follow(`${NOWHERE.host}:${NOWHERE.port}`);
  }

  /** Makes it a replica. Throws NotDurable, with the role changed. */
  async follow(master: string, before: readonly CommandLine[] = []): Promise<ServerView> {
    const { host, port } = hostAndPort(master);
    const commands: CommandLine[] = [
      ...before,
      ['CONFIG', 'SET', this.setting('replica-serve-stale-data'), 'no'],
      ['CONFIG', 'SET', this.setting('replica-read-only'), 'yes'],
      [this.replicaOf, host, port],
      ...(await this.fenceLifting()),
    ];
    return this.change(commands, (view) => view.follows === master);
  }

  /**
   * Makes it a master. Where the version can, it takes no writes before its role is on its disk. Throws NotDurable, with
   * the server a master that takes no writes for some seconds.
   */
  async promote(before: readonly CommandLine[] = []): Promise<ServerView> {
    const commands: CommandLine[] = [
      ...before,
      ...(this.version.pausesWrites ? [['CLIENT', 'PAUSE', PROMOTION_MS, 'WRITE'] as const] : []),
      [this.replicaOf, 'NO', 'ONE'],
      ['CONFIG', 'SET', this.setting('replica-serve-stale-data'), 'yes'],
      ...(await this.fenceLifting()),
    ];
    const view = await this.change(commands, ({ isMaster }) => isMaster);
    await this.server.all(this.pauseLifting());
    return view;
  }

  /** Sends the commands in one go, with a look at the outcome, and the order to keep it. */
  private async change(
    commands: readonly CommandLine[],
    succeeded: (view: ServerView) => boolean,
  ): Promise<ServerView> {
    const keeping: CommandLine[] = this.breaksItsFile ? [] : [['CONFIG', 'REWRITE']];
    const answers = await this.server.each([...commands, ['INFO'], ...keeping]);
    const kept = this.breaksItsFile ? new NotDurable(`${this.server.address}: ${BROKEN_FILE}`) : answers.pop();
    const info = answers.pop();
    const error = answers.find((answer) => answer instanceof Error) ?? (info instanceof Error ? info : undefined);
    if (error !== undefined) throw error;
    const view = viewOf(Info.parse(String(info)));
    if (!succeeded(view)) throw new ServerError(this.server.address, 'the role did not change', true);
    if (kept instanceof Error) throw new NotDurable(kept.message);
    return view;
  }

  private async fenceLifting(): Promise<CommandLine[]> {
    const wanted = await this.wantedReplicas();
    if (wanted < WRITE_FENCE) return [];
    return [['CONFIG', 'SET', this.setting('min-replicas-to-write'), wanted - WRITE_FENCE]];
  }

  private pauseLifting(): CommandLine[] {
    return this.version.pausesWrites ? [['CLIENT', 'UNPAUSE']] : [];
  }

  private async wantedReplicas(): Promise<number> {
    return Number((await this.server.setting(this.setting('min-replicas-to-write'))) ?? 0);
  }

  /** Redis 6.0 writes a password without its quotes, and does not start again on what it wrote. */
  private get breaksItsFile(): boolean {
    return this.version.forgetsQuotes && /["'\s]/.test(this.server.password ?? '');
  }

  private get replicaOf(): 'REPLICAOF' | 'SLAVEOF' {
    return this.version.saysReplica ? 'REPLICAOF' : 'SLAVEOF';
  }

  /** The name of a setting, which had another word in it before 5.0. */
  private setting(name: string): string {
    return this.version.saysReplica ? name : name.replace('replica', 'slave');
  }
}
