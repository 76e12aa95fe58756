// Connections to the two servers of a shard, as far as they can be reached.

import { type PlannedShard, type PlannedTls, ROLE_USER } from '../../lib/migration/plan';
import { RedisServer, ServerError } from '../redis/server';
import { type ShardState, stateOf } from './shard-state';
import { connectOrError, disconnected, observeOrError, orThrow, type ServerOrError } from '../redis/reachable';
import { type ServerView } from '../redis/server-view';
import { Version } from '../redis/version';
import { Roles } from './roles';

/** Credentials and options for the servers of a fleet. */
export interface Access {
  readonly password?: string;
  /** The user of the old servers, if it is not the default user with that password. */
  readonly oldUser?: { readonly user: string; readonly password: string };
  readonly renamedCommands: Readonly<Record<string, string>>;
  /** Identifies the plan: migrators with different plans do not work on the same shard. */
  readonly planHash: string;
  /** Which servers have TLS; without it, none. */
  readonly tls?: PlannedTls;
}

/** The state of both servers at one time. */
export interface PairView {
  readonly state: ShardState;
  readonly old?: ServerView;
  readonly new?: ServerView;
}

export class Pair {
  /** Throws a ServerError if a server rejects the password or grants too few rights, since waiting does not help. */
  static async connect(shard: PlannedShard, access: Access): Promise<Pair> {
    const { password, oldUser, renamedCommands } = access;
    const [old, fresh] = await Promise.all([
      connectOrError(shard.old, { password, ...oldUser, renamedCommands }),
      connectOrError(shard.new, { password, preferredUser: ROLE_USER }),
    ]);
    const pair = new Pair(shard, access, old, fresh);
    const refusal = [pair.oldOrError, pair.newOrError].find((it) => it instanceof ServerError && it.isAboutUser);
    if (refusal === undefined) return pair;
    pair.close();
    throw refusal as ServerError;
  }

  private constructor(
    readonly shard: PlannedShard,
    private readonly access: Access,
    private oldOrError: ServerOrError,
    private newOrError: ServerOrError,
  ) {}

  /** The old server. Throws if it could not be reached. */
  get old(): RedisServer {
    return orThrow(this.oldOrError);
  }

  /** The new server. Throws if it could not be reached. */
  get new(): RedisServer {
    return orThrow(this.newOrError);
  }

  /** Role changes of the old server. */
  oldRoles(view?: ServerView): Roles {
    return new Roles(this.old, versionOf(view));
  }

  /** Role changes of the new server, which follows the old one by TLS or without, as the plan says. */
  newRoles(view?: ServerView): Roles {
    const { tls } = this.access;
    return new Roles(this.new, versionOf(view), true, tls && { asReplica: tls.old, asMaster: tls.new });
  }

  get planHash(): string {
    return this.access.planHash;
  }

  /** The servers that could be reached. */
  get reached(): RedisServer[] {
    return [this.oldOrError, this.newOrError].filter((it) => it instanceof RedisServer);
  }

  /** Why servers could not be reached. */
  get connectionErrors(): ServerError[] {
    return [this.oldOrError, this.newOrError].filter((it) => it instanceof ServerError);
  }

  /** Throws if a server could not be reached. */
  throwIfUnreachable(): void {
    const [error] = this.connectionErrors;
    if (this.connectionErrors.length > 0) throw error;
  }

  /** The same, but ignores an unreachable old server of a shard that has moved. */
  throwIfUnreachableUnlessMoved({ state }: PairView): void {
    if (state !== 'moved') this.throwIfUnreachable();
  }

  /** Reads the state of both servers. A server that stops replying counts as unreachable. */
  async observe(): Promise<PairView> {
    const [old, fresh] = await Promise.all([this.oldOrError, this.newOrError].map(observeOrError));
    if (old instanceof ServerError) this.oldOrError = disconnected(this.oldOrError, old);
    if (fresh instanceof ServerError) this.newOrError = disconnected(this.newOrError, fresh);
    const views = [old, fresh].map((view) => (view instanceof ServerError ? undefined : view));
    return { state: stateOf(this.shard, ...views), old: views[0], new: views[1] };
  }

  close(): void {
    for (const server of [this.oldOrError, this.newOrError]) if (server instanceof RedisServer) server.close();
  }
}

/** Bytes of history that the new server lacks. */
export function lagOf({ old, new: fresh }: PairView): number {
  return old && fresh ? Math.max(0, old.offset - fresh.offset) : 0;
}

export function versionOf(view?: ServerView): Version {
  return view ? Version.of(view.info) : Version.parse('0');
}
