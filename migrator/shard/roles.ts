// How a server gets and loses the role of a master, so that the change survives a restart.

import { NOWHERE } from '../../lib/migration/plan';
import { Info } from '../redis/info';
import { rewriteRisk } from './rewrite-risk';
import { type CommandLine, hostAndPort, type RedisServer, ServerError } from '../redis/server';
import { type Version } from '../redis/version';
import { type ServerView, viewOf } from '../redis/server-view';
import { WriteHold } from './write-hold';

/** A promoted server takes no writes before its role is on its disk; for as long at the most. */
const PROMOTION_MS = 10_000;

/**
 * Then this program looks whether that went well, and has it take writes, or takes the role back. If it dies instead, they
 * wait for so long.
 */
const CONFIRM_MS = 1000;

/** The role changed, but not in the server's file: it would be another one after a restart. */
export class NotDurableError extends Error {
  /** @param view what the server says since the change, if there was one */
  constructor(
    message: string,
    readonly view?: ServerView,
  ) {
    super(message);
  }
}

/** A change of roles: what is sent, and whether what the server then says is what was wanted. */
interface Change {
  /** Commands whose answers are `INFO`, and whatever else: they cannot fail the change. */
  readonly stateBefore: readonly CommandLine[];
  readonly commands: readonly CommandLine[];
  readonly succeeded: (view: ServerView) => boolean;
  /** What follows when its role is on its disk, in the same packet: no client comes in between. */
  readonly after?: readonly CommandLine[];
}

/** A server whose role changes, with what its version calls things. */
export class Roles {
  readonly writes: WriteHold;
  private risk?: Promise<string | undefined>;

  constructor(
    private readonly server: RedisServer,
    private readonly version: Version,
  ) {
    this.writes = new WriteHold(server, version);
  }

  /** Proves that the server can keep a role. Throws NotDurableError. */
  async checkDurable(): Promise<void> {
    const risk = await this.rewriteRisk();
    if (risk !== undefined) throw new NotDurableError(`${this.server.address}: ${risk}`);
    await this.server.call('CONFIG', 'REWRITE').catch((error: unknown) => {
      throw error instanceof ServerError && error.code !== 'UNREACHABLE' ? new NotDurableError(error.message) : error;
    });
  }

  /**
   * Makes a replica of nobody out of a master: it refuses writes, and reads as well. Gives what it says of itself then:
   * no write can come after that offset. Throws NotDurableError, with the server demoted.
   */
  async demote(before: readonly CommandLine[] = []): Promise<ServerView> {
    return this.follow(`${NOWHERE.host}:${NOWHERE.port}`, before);
  }

  /** Makes it a replica. Throws NotDurableError, with the role changed. */
  async follow(master: string, before: readonly CommandLine[] = []): Promise<ServerView> {
    const { host, port } = hostAndPort(master);
    const commands: CommandLine[] = [
      ...before,
      ['CONFIG', 'SET', this.version.nameOf('replica-serve-stale-data'), 'no'],
      ['CONFIG', 'SET', this.version.nameOf('replica-read-only'), 'yes'],
      [this.replicaOf, host, port],
      ...(await this.writes.removeFenceCommands()),
    ];
    const stateBefore = this.version.losesStateOnDemotion ? STATE_BEFORE_DEMOTION : [];
    return this.change({ stateBefore, commands, succeeded: (view) => view.follows === master });
  }

  /**
   * Makes it a master. Where the version can, it takes no writes before its role is on its disk. Throws NotDurableError, with
   * the server a master that takes no writes for a second; or, if that is accepted, has it take them.
   */
  async promote(before: readonly CommandLine[] = [], acceptVolatile = false): Promise<void> {
    const commands: CommandLine[] = [
      ...before,
      ...(this.version.pausesWrites ? [['CLIENT', 'PAUSE', PROMOTION_MS, 'WRITE'] as const] : []),
      [this.replicaOf, 'NO', 'ONE'],
      ['CONFIG', 'SET', this.version.nameOf('replica-serve-stale-data'), 'yes'],
      ...(await this.writes.removeFenceCommands()),
    ];
    const change = { stateBefore: [], commands, succeeded: ({ isMaster }: ServerView) => isMaster };
    await this.change({ ...change, after: this.writes.shortenPauseCommands(CONFIRM_MS) }).catch((error: unknown) => {
      if (!(acceptVolatile && error instanceof NotDurableError)) throw error;
    });
    await this.server.all(this.writes.endPauseCommands());
  }

  /** Sends the commands in one go, with a look at the outcome, and the order to keep it. */
  private async change({ stateBefore, commands, succeeded, after = [] }: Change): Promise<ServerView> {
    const risk = await this.rewriteRisk();
    const keeping: CommandLine[] = risk === undefined ? [['CONFIG', 'REWRITE']] : [];
    const answers = await this.server.each([...stateBefore, ...commands, ['INFO'], ...keeping, ...after]);
    const looked = answers.splice(0, stateBefore.length);
    answers.splice(answers.length - after.length);
    const kept = risk === undefined ? answers.pop() : new Error(`${this.server.address}: ${risk}`);
    const error = answers.find((answer) => answer instanceof Error);
    if (error !== undefined) throw error;
    const view = viewOf(Info.parse(String(answers.pop())));
    if (!succeeded(view)) throw new ServerError(this.server.address, 'the role did not change', true);
    const complete = { ...view, ...lastOfMaster(looked) };
    if (kept instanceof Error) throw new NotDurableError(kept.message, complete);
    return complete;
  }

  private rewriteRisk(): Promise<string | undefined> {
    return (this.risk ??= rewriteRisk(this.server, this.version));
  }

  private get replicaOf(): 'REPLICAOF' | 'SLAVEOF' {
    return this.version.usesReplicaNames ? 'REPLICAOF' : 'SLAVEOF';
  }
}

/**
 * Up to 3.2, a server that is demoted forgets its offset, and up to 4.0 it runs what clients had put into a MULTI before,
 * writes and all. So right before, in the same packet, it is asked once more, and its clients are sent away. (Not in a
 * transaction: a master adds that to its history.)
 */
const STATE_BEFORE_DEMOTION: readonly CommandLine[] = [['INFO'], ['CLIENT', 'KILL', 'TYPE', 'normal']];

/** What the server said in that look. */
function lastOfMaster([info]: readonly unknown[]): Pick<ServerView, 'offset' | 'history'> | undefined {
  if (typeof info !== 'string') return undefined;
  const { offset, history } = viewOf(Info.parse(info));
  return { offset, history };
}
