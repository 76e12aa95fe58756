// One of the two servers of a shard: its connection, and the addresses by which others know it.

import * as dns from 'node:dns/promises';
import { type ReplicatedShard, type Side } from '../../lib/failover/replica-plan';
import { ROLE_USER } from '../../lib/migration/plan';
import {
  connectOrError,
  disconnected,
  observeOrError,
  orThrow,
  type ServerOrError,
} from '../../migrator/redis/reachable';
import { hostAndPort, type RedisServer, ServerError } from '../../migrator/redis/server';
import { type ServerView } from '../../migrator/redis/server-view';
import { Version } from '../../migrator/redis/version';
import { Roles } from '../../migrator/shard/roles';

export interface Access {
  readonly password?: string;
  /** Identifies the plan: programs with different plans do not work on the same shard. */
  readonly planHash: string;
  /** How long a server may take to reply. @default - that of the migrator */
  readonly timeoutMs?: number;
}

export class Member {
  static async connect(shard: ReplicatedShard, side: Side, { password, timeoutMs }: Access): Promise<Member> {
    const address = shard[side];
    const [server, resolved] = await Promise.all([
      connectOrError(address, { password, preferredUser: ROLE_USER, timeoutMs }),
      resolve(address),
    ]);
    const announced = server instanceof ServerError ? undefined : await announcedBy(server, resolved);
    return new Member(side, address, server, announced ?? resolved, resolved, shard.otherPorts?.[side]);
  }

  private constructor(
    readonly side: Side,
    /** As in the plan. */
    readonly address: string,
    private serverOrError: ServerOrError,
    /** The address that a replica has to follow, so that Sentinel recognizes it; undefined if it has no address now. */
    private readonly known: string | undefined,
    private readonly resolved: string | undefined,
    /** The other port of the same server, while TLS is turned on or off. */
    private readonly otherPort: number | undefined,
  ) {}

  /** The connection. Throws a ServerError if it cannot be reached. */
  get server(): RedisServer {
    return orThrow(this.serverOrError);
  }

  /** Why it cannot be reached. */
  get silence(): ServerError | undefined {
    return this.serverOrError instanceof ServerError ? this.serverOrError : undefined;
  }

  /** The address that a replica has to follow: by IP, as Sentinel does. */
  get masterAddress(): string {
    return this.known ?? this.address;
  }

  /** Whether Redis or Sentinel means this server by `ip:port`. */
  is(address: string): boolean {
    const known = [this.address, this.known, this.resolved].flatMap((it) => (it === undefined ? [] : hostAndPort(it)));
    const { host, port } = hostAndPort(address);
    if (known.some((it) => it.host === host && [it.port, this.otherPort].includes(port))) return true;
    // Without DNS, the port tells a from b.
    return this.known === undefined && [hostAndPort(this.address).port, this.otherPort].includes(port);
  }

  /** Reads its state; undefined if it cannot be reached, also later. */
  async observe(): Promise<ServerView | undefined> {
    const view = await observeOrError(this.serverOrError);
    if (!(view instanceof ServerError)) return view;
    this.serverOrError = disconnected(this.serverOrError, view);
    return undefined;
  }

  /** Its role changes. A replica without a link never serves old data. */
  rolesOf(view: ServerView): Roles {
    return new Roles(this.server, Version.of(view.info), false);
  }

  close(): void {
    if (!(this.serverOrError instanceof ServerError)) this.serverOrError.close();
  }
}

/** The address by IP; undefined if the name has none. */
async function resolve(address: string): Promise<string | undefined> {
  const { host, port } = hostAndPort(address);
  return dns.lookup(host).then(
    (found) => `${found.address}:${port}`,
    () => undefined,
  );
}

/** The address that a server announces to Sentinel and its master. */
async function announcedBy(server: RedisServer, resolved?: string): Promise<string | undefined> {
  const [ip = '', port = ''] = await Promise.all(
    ['replica-announce-ip', 'replica-announce-port'].map((it) => server.setting(it).catch(ignoreErrors)),
  );
  const own = hostAndPort(resolved ?? server.address);
  if (ip === '' && resolved === undefined) return undefined;
  return `${ip === '' ? own.host : ip}:${port === '' || port === '0' ? own.port : port}`;
}

function ignoreErrors(error: unknown): undefined {
  if (!(error instanceof ServerError)) throw error;
  return undefined;
}
