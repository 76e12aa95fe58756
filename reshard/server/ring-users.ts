// The two users as which the proxies of the rings log in, on one server: their permission for keys is what the fence takes away.

import { RefusedError } from '../../migrator/program/outcome';
import { type CommandLine, type RedisServer } from '../../migrator/redis/server';
import { isCluster, NOBODY_USER, otherRing, type ReshardPlan, type RingId, RING_USERS, WAIT_KEY } from '../plan/plan';
import { type Permissions } from './epoch';

/** A user who can do nothing: it marks a server that this program has fenced, and names the user for whom. */
const MARK = 'cdk8s-twemproxy-fence-';

/** A user in the reply of ACL GETUSER; `keys` is "~*" for all keys, and "%R~key" for one that the user may read. */
interface User {
  readonly flags: readonly string[];
  readonly passwords: readonly string[];
  readonly commands: string;
  readonly keys: string;
  readonly selectors: readonly unknown[];
}

const EVERY_KEY = '~*';
const WAITS_ONLY = `%R~${WAIT_KEY}`;
const [FIRST, SECOND] = RING_USERS;

/** The rules that take every key away from a user, except that bridges still wait as the first one. */
function noKeys(user: string): string[] {
  return user === FIRST ? ['resetkeys', WAITS_ONLY] : ['resetkeys'];
}

/** Servers of an earlier version have no exception. */
function hasKeys(user?: User): boolean {
  return user !== undefined && !['', WAITS_ONLY].includes(user.keys);
}

/** The user of each ring. */
export type UsersOfRings = Readonly<Record<RingId, string>>;

/** The users on the servers of the rings. */
export function usersOf({ a, b }: Pick<ReshardPlan, RingId>): UsersOfRings {
  return { a: a.user, b: isCluster(b) ? NOBODY_USER : b.user };
}

/** The users on the nodes of a Redis Cluster, which is B. */
export const NODE_USERS: UsersOfRings = { a: NOBODY_USER, b: FIRST };

export class RingUsers {
  constructor(
    private readonly redis: RedisServer,
    private readonly users: UsersOfRings,
  ) {}

  /** What they may use now. Read in one packet: otherwise a change in between would look like a state of its own. */
  async permissions(): Promise<Permissions> {
    const { a, b } = this.users;
    const [ofA, ofB, forA, forB] = await this.read([a, b, MARK + a, MARK + b]);
    return {
      a: hasKeys(ofA),
      b: hasKeys(ofB),
      fencedFor: forB === undefined ? forA && 'a' : 'b',
    };
  }

  /** What prevents a fence, each with the remedy. */
  async problems(): Promise<string[]> {
    const users = await this.read(RING_USERS);
    return [
      ...(users[0]?.flags.includes('nopass') && !this.isForOne
        ? ['its clients need no password, so that proxies cannot log in for a ring; set a password first']
        : []),
      ...users.flatMap((user, i) => (user === undefined ? [] : this.problemsOf(RING_USERS[i], user))),
      ...(this.users === NODE_USERS ? await this.othersWithKeys() : []),
    ];
  }

  /** Makes the second user a copy of the first one, without its keys, if there is none. Throws a RefusedError. */
  async prepare(): Promise<void> {
    const problems = await this.problems();
    if (problems.length > 0) throw new RefusedError(problems.map((it) => `${this.redis.address}: ${it}`).join('\n'));
    const [first, second, nobody] = await this.read([FIRST, SECOND, NOBODY_USER]);
    if (this.isForOne) {
      if (nobody === undefined) await this.redis.call('ACL', 'SETUSER', NOBODY_USER, 'reset');
      return;
    }
    if (first === undefined || second !== undefined) return;
    const rules = ['reset', 'on', ...first.passwords.map((hash) => `#${hash}`), ...first.commands.split(' '), '&*'];
    await this.redis.call('ACL', 'SETUSER', SECOND, ...rules, ...noKeys(SECOND));
  }

  /** Takes every key from both users. It holds at once, also on the connections that they have. */
  fence(forRing: RingId): CommandLine[] {
    return [
      this.removeMarks,
      ['ACL', 'SETUSER', MARK + this.users[forRing], 'reset'],
      ['ACL', 'SETUSER', this.users.a, ...noKeys(this.users.a)],
      ['ACL', 'SETUSER', this.users.b, ...noKeys(this.users.b)],
    ];
  }

  /** Gives every key to the user of a ring. */
  open(ring: RingId): CommandLine[] {
    const other = this.users[otherRing(ring)];
    return [
      ['ACL', 'SETUSER', other, ...noKeys(other)],
      ['ACL', 'SETUSER', this.users[ring], EVERY_KEY],
      this.removeMarks,
    ];
  }

  /** Whether the clients of one ring only use this server. */
  private get isForOne(): boolean {
    return Object.values(this.users).includes(NOBODY_USER);
  }

  private problemsOf(name: string, user: User): string[] {
    const { keys, selectors } = user;
    if (!hasKeys(user) && selectors.length === 0) return [];
    if (!Object.values(this.users).includes(name)) {
      return [
        `user ${name} has keys (${keys}), and would keep them behind the fence; run ACL SETUSER ${name} resetkeys`,
      ];
    }
    if (keys === EVERY_KEY && selectors.length === 0) return [];
    return [`user ${name} is limited to some keys (${keys}), and would have all of them afterwards; give it ~*`];
  }

  /** Clients of a cluster may have users of their own. One that writes to it while the ring serves would lose what it wrote. */
  private async othersWithKeys(): Promise<string[]> {
    const users = (await this.redis.call('ACL', 'LIST')) as string[];
    const known = [this.redis.user, NOBODY_USER, ...RING_USERS];
    return users.flatMap((line) => {
      const [, name, state, ...rules] = line.split(' ');
      const mayUseKeys = state === 'on' && rules.some((rule) => /^[~%(]/.test(rule));
      if (!mayUseKeys || known.includes(name)) return [];
      return [
        `user ${name} has keys of the Redis Cluster, which no fence takes away; run ACL SETUSER ${name} resetkeys until the change is over`,
      ];
    });
  }

  private get removeMarks(): CommandLine {
    return ['ACL', 'DELUSER', MARK + this.users.a, MARK + this.users.b];
  }

  private async read(names: readonly string[]): Promise<(User | undefined)[]> {
    const replies = await this.redis.all(names.map((name) => ['ACL', 'GETUSER', name] as const));
    return replies.map((reply) => (reply === null ? undefined : userIn(reply as unknown[])));
  }
}

/** The reply of ACL GETUSER is a list of names and values. */
function userIn(fields: readonly unknown[]): User {
  return Object.fromEntries(
    fields.flatMap((field, i) => (i % 2 === 0 ? [[String(field), fields[i + 1]]] : [])),
  ) as unknown as User;
}
