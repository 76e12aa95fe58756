// Promotes and demotes a server so that the change survives a restart.

import { NOWHERE } from '../../lib/migration/plan';
import { Info } from '../redis/info';
import { rewriteRisk } from './rewrite-risk';
import { type CommandLine, hostAndPort, type RedisServer, ServerError } from '../redis/server';
import { type Version } from '../redis/version';
import { type ServerView, viewOf } from '../redis/server-view';
import { WriteHold } from './write-hold';

/** A promoted server accepts no writes until its role is on disk, for at most this long. */
const PROMOTION_MS = 10_000;

/** Then this program confirms the role and releases the writes, or demotes the server. If it dies, writes wait this long. */
const CONFIRM_MS = 1000;

/** The role changed, but not in the server's file: a restart would undo it. */
export class NotDurableError extends Error {
  /** @param view the server's state after the change, if there was one */
  constructor(
    message: string,
    readonly view?: ServerView,
  ) {
    super(message);
  }
}

/** A role change: the commands, and the check of the resulting state. */
interface Change {
  /** Sent first: INFO, and commands whose errors do not fail the change. */
  readonly stateBefore: readonly CommandLine[];
  readonly commands: readonly CommandLine[];
  readonly succeeded: (view: ServerView) => boolean;
  /** Commands after the role is on disk, in the same packet, so that no client comes in between. */
  readonly after?: readonly CommandLine[];
}

/**
 * By TLS or without, as a server follows another one: a part of its role, which its start script restores. It is set before the role, so that
 * no server follows another one in the wrong way, wherever this program dies.
 */
export interface ReplicationTls {
  /** As a replica of the old server. */
  readonly asReplica: boolean;
  /** Once it is promoted: as it follows its partner later, if it has one. */
  readonly asMaster: boolean;
}

/** Changes the role of a server, with the command names of its version. */
export class Roles {
  readonly writes: WriteHold;
  private risk?: Promise<string | undefined>;

  constructor(
    private readonly server: RedisServer,
    private readonly version: Version,
    /** Whether it serves old data when it is a replica without a link, once it has been promoted. */
    private readonly servesStaleData = true,
    /** @default - its setting stays as it is */
    private readonly tls?: ReplicationTls,
  ) {
    this.writes = new WriteHold(server, version);
  }

  /** Checks that a role of the server survives a restart. Throws NotDurableError. */
  async checkDurable(): Promise<void> {
    const risk = await this.rewriteRisk();
    if (risk !== undefined) throw new NotDurableError(`${this.server.address}: ${risk}`);
    await this.server.call('CONFIG', 'REWRITE').catch((error: unknown) => {
      throw error instanceof ServerError && error.code !== 'UNREACHABLE' ? new NotDurableError(error.message) : error;
    });
  }

  /** The same of a master, however it became one: from now on, it follows its partner as that has TLS. */
  async checkMaster(): Promise<void> {
    const commands = this.tlsCommands(this.tls?.asMaster);
    if (commands.length > 0) await this.server.all(commands);
    await this.checkDurable();
  }

  /**
   * Fences a master: makes it a replica of NOWHERE, which refuses writes and reads. Returns its state: no write can come
   * after that offset. Throws NotDurableError, with the server demoted.
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
      ...this.tlsCommands(this.tls?.asReplica),
      [this.replicaOf, host, port],
      ...(await this.writes.removeFenceCommands()),
    ];
    const stateBefore = this.version.losesStateOnDemotion ? STATE_BEFORE_DEMOTION : [];
    return this.change({ stateBefore, commands, succeeded: (view) => view.follows === master });
  }

  /**
   * Makes it a master. If its version can, it accepts no writes until its role is on disk. Throws NotDurableError, with the
   * server a master that accepts no writes for a second, unless `acceptVolatile` is set.
   */
  async promote(before: readonly CommandLine[] = [], acceptVolatile = false): Promise<void> {
    const commands: CommandLine[] = [
      ...before,
      ...(this.version.pausesWrites ? [['CLIENT', 'PAUSE', PROMOTION_MS, 'WRITE'] as const] : []),
      ...this.tlsCommands(this.tls?.asMaster),
      [this.replicaOf, 'NO', 'ONE'],
      ['CONFIG', 'SET', this.version.nameOf('replica-serve-stale-data'), this.servesStaleData ? 'yes' : 'no'],
      ...(await this.writes.removeFenceCommands()),
    ];
    const change = { stateBefore: [], commands, succeeded: ({ isMaster }: ServerView) => isMaster };
    await this.change({ ...change, after: this.writes.shortenPauseCommands(CONFIRM_MS) }).catch((error: unknown) => {
      if (!(acceptVolatile && error instanceof NotDurableError)) throw error;
    });
    await this.server.all(this.writes.endPauseCommands());
  }

  /** Sends the commands in one packet, together with INFO and CONFIG REWRITE. */
  private async change({ stateBefore, commands, succeeded, after = [] }: Change): Promise<ServerView> {
    const risk = await this.rewriteRisk();
    const rewrite: CommandLine[] = risk === undefined ? [['CONFIG', 'REWRITE']] : [];
    const results = await this.server.each([...stateBefore, ...commands, ['INFO'], ...rewrite, ...after]);
    const before = results.splice(0, stateBefore.length);
    results.splice(results.length - after.length);
    const rewritten = risk === undefined ? results.pop() : new Error(`${this.server.address}: ${risk}`);
    const error = results.find((result) => result instanceof Error);
    if (error !== undefined) throw error;
    const view = viewOf(Info.parse(String(results.pop())));
    if (!succeeded(view)) throw new ServerError(this.server.address, 'the role did not change', true);
    const complete = { ...view, ...offsetBefore(before) };
    if (rewritten instanceof Error) throw new NotDurableError(rewritten.message, complete);
    return complete;
  }

  private rewriteRisk(): Promise<string | undefined> {
    return (this.risk ??= rewriteRisk(this.server, this.version));
  }

  private tlsCommands(byTls?: boolean): CommandLine[] {
    return byTls === undefined ? [] : [['CONFIG', 'SET', 'tls-replication', byTls ? 'yes' : 'no']];
  }

  private get replicaOf(): 'REPLICAOF' | 'SLAVEOF' {
    return this.version.usesReplicaNames ? 'REPLICAOF' : 'SLAVEOF';
  }
}

/**
 * Up to 3.2, a demoted server loses its offset, and up to 4.0 it still runs transactions that clients had queued, writes
 * included. So its state is read right before the demotion, in the same packet, and its clients are disconnected. (Not in a
 * transaction, which a master would add to its history.)
 */
const STATE_BEFORE_DEMOTION: readonly CommandLine[] = [['INFO'], ['CLIENT', 'KILL', 'TYPE', 'normal']];

/** The offset and history that the server reported right before its demotion. */
function offsetBefore([info]: readonly unknown[]): Pick<ServerView, 'offset' | 'history'> | undefined {
  if (typeof info !== 'string') return undefined;
  const { offset, history } = viewOf(Info.parse(info));
  return { offset, history };
}
