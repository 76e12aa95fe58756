// A server of the fleet as this program uses it: its epoch, and the fence.

import { type ConnectOptions, RedisServer } from '../../migrator/redis/server';
import { type ReshardServer, type RingId } from '../plan/plan';
import { type Epoch, epochOf } from './epoch';

/** A user who can do nothing. It exists on servers that this program has fenced, and only there is a default user turned on again. */
const MARK = 'cdk8s-twemproxy-fence';

export class FleetServer {
  /** Connects on the port that the server has now. Throws a ServerError. */
  static async connect(shard: ReshardServer, options: ConnectOptions): Promise<FleetServer> {
    const { host, portA, portB } = shard;
    let redis: RedisServer;
    try {
      redis = await RedisServer.connect(`${host}:${portA}`, options);
    } catch (error) {
      redis = await RedisServer.connect(`${host}:${portB}`, options).catch(() => {
        throw error;
      });
    }
    return new FleetServer(shard, redis);
  }

  private constructor(
    readonly shard: ReshardServer,
    readonly redis: RedisServer,
  ) {}

  /** Where the server accepts connections now, which may not be where this one was made. */
  async address(): Promise<string> {
    return `${this.shard.host}:${String(await this.redis.setting('port'))}`;
  }

  get ordinal(): number {
    return this.shard.shard;
  }

  /** What the server is now. */
  async epoch(): Promise<Epoch> {
    // In one packet: otherwise a change in between would look like a state of its own.
    const [setting, user, mark] = (await this.redis.all([
      ['CONFIG', 'GET', 'port'],
      ['ACL', 'GETUSER', 'default'],
      ['ACL', 'GETUSER', MARK],
    ])) as [string[], unknown[], unknown];
    const flags = user[user.indexOf('flags') + 1] as string[];
    return epochOf(Number(setting[1]) === this.shard.portB ? 'b' : 'a', flags.includes('on'), mark !== null);
  }

  /**
   * Refuses every client, and ends the connections of all. In this order: a connection that is made between the commands
   * would otherwise keep its login, if the default user has no password.
   */
  async fence(forRing: RingId): Promise<void> {
    await this.redis.all([
      ['ACL', 'SETUSER', MARK, 'reset'],
      ['ACL', 'SETUSER', 'default', 'off'],
      ['CONFIG', 'SET', 'port', this.portOf(forRing)],
      ['CLIENT', 'KILL', 'USER', 'default'],
    ]);
  }

  /** Lets the clients of a ring use the server. */
  async open(ring: RingId): Promise<void> {
    await this.redis.all([
      ['CONFIG', 'SET', 'port', this.portOf(ring)],
      ['ACL', 'SETUSER', 'default', 'on'],
      ['ACL', 'DELUSER', MARK],
    ]);
  }

  /** Keeps the port and the users over a restart. */
  async persist(): Promise<void> {
    const file = await this.redis.setting('aclfile');
    if (file !== undefined && file !== '') await this.redis.call('ACL', 'SAVE');
    await this.redis.call('CONFIG', 'REWRITE');
  }

  close(): void {
    this.redis.close();
  }

  private portOf(ring: RingId): number {
    return ring === 'a' ? this.shard.portA : this.shard.portB;
  }
}
