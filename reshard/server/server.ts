// A server of the fleet as this program uses it: its epoch, its role, and the fence.

import { type ConnectOptions, RedisServer } from '../../migrator/redis/server';
import { type ReshardAddress, type RingId } from '../plan/plan';
import { type Epoch, epochOf } from './epoch';
import { RingUsers, type UsersOfRings } from './ring-users';

/** The reply of ROLE, as far as it is used. */
export interface Role {
  readonly isMaster: boolean;
  /** Whether its master, or a replica, is connected. */
  readonly isConnected: boolean;
}

export class FleetServer {
  /** Throws a ServerError. */
  static async connect(
    ordinal: number,
    { host, port }: ReshardAddress,
    users: UsersOfRings,
    options: ConnectOptions,
  ): Promise<FleetServer> {
    const redis = await RedisServer.connect(`${host}:${port}`, options);
    try {
      return new FleetServer(ordinal, users, redis, roleIn(await redis.call('ROLE')));
    } catch (error) {
      redis.close();
      throw error;
    }
  }

  private readonly ringUsers: RingUsers;

  private constructor(
    /** The ordinal of its shard. */
    readonly ordinal: number,
    users: UsersOfRings,
    readonly redis: RedisServer,
    /** Its role when this program connected. */
    readonly role: Role,
  ) {
    this.ringUsers = new RingUsers(redis, users);
  }

  /** What the server is now. */
  async epoch(): Promise<Epoch> {
    return epochOf(await this.ringUsers.permissions());
  }

  /** What its users have that prevents a fence, each with the remedy. */
  userProblems(): Promise<string[]> {
    return this.ringUsers.problems();
  }

  /** Creates the user of the other ring, if there is none. Throws a RefusedError. */
  async prepare(): Promise<void> {
    await this.ringUsers.prepare();
  }

  /** Refuses every command of every ring; returns the role that the server has then. */
  async fence(forRing: RingId): Promise<Role> {
    const results = await this.redis.all([...this.ringUsers.fence(forRing), ['ROLE']]);
    return roleIn(results[results.length - 1]);
  }

  /** Lets the clients of a ring use the server. */
  async open(ring: RingId): Promise<void> {
    await this.redis.all(this.ringUsers.open(ring));
  }

  /** Whether so many replicas have everything that this connection has written. */
  async isReplicated(replicas: number, ms: number): Promise<boolean> {
    return Number(await this.redis.call('WAIT', replicas, ms)) >= replicas;
  }

  /** Keeps the users over a restart. */
  async persist(): Promise<void> {
    const file = await this.redis.setting('aclfile');
    if (file !== undefined && file !== '') await this.redis.call('ACL', 'SAVE');
    await this.redis.call('CONFIG', 'REWRITE');
  }

  close(): void {
    this.redis.close();
  }
}

function roleIn(reply: unknown): Role {
  const [role, ...rest] = reply as [string, ...unknown[]];
  const isMaster = role === 'master';
  // A master lists its replicas; a replica says host, port, state and offset of its master.
  return { isMaster, isConnected: isMaster ? (rest[1] as unknown[]).length > 0 : rest[2] === 'connected' };
}
