// The passwords that a server or a Sentinel accepts, by their hashes, as its ACL has them.

import { ROLE_USER } from '../../lib/migration/plan';
import { type CommandLine, type RedisServer } from '../../migrator/redis/server';

/** The users with the password of the fleet: the second one exists only where it protects the role, the third one after a change of rings. */
const USERS = ['default', ROLE_USER, 'ring-2'];

interface User {
  readonly name: string;
  readonly hashes: readonly string[];
}

/** What a server accepts. */
export class Accepted {
  /** Throws a ServerError. */
  static async by(server: RedisServer): Promise<Accepted> {
    const replies = await server.all(USERS.map((name) => ['ACL', 'GETUSER', name] as const));
    const users = USERS.flatMap((name, i) => (replies[i] === null ? [] : [{ name, hashes: hashesIn(replies[i]) }]));
    return new Accepted(server, users);
  }

  private constructor(
    private readonly server: RedisServer,
    private readonly users: readonly User[],
  ) {}

  /** Whether each user accepts it. */
  has(hash: string): boolean {
    return this.users.every(({ hashes }) => hashes.includes(hash));
  }

  /** Those that a user accepts beside these. */
  others(hashes: readonly string[]): string[] {
    return [...new Set(this.users.flatMap((user) => user.hashes))].filter((hash) => !hashes.includes(hash));
  }

  /** Makes each user accept these as well. Throws a ServerError. */
  async add(hashes: readonly string[]): Promise<void> {
    await this.change((known) => hashes.filter((hash) => !known.includes(hash)).map((hash) => `#${hash}`));
  }

  /** Makes each user accept only this one. Throws a ServerError. */
  async removeAllBut(kept: string): Promise<void> {
    await this.change((known) => known.filter((hash) => hash !== kept).map((hash) => `!${hash}`));
  }

  /** All users at once. */
  private async change(rulesOf: (known: readonly string[]) => string[]): Promise<void> {
    const commands = this.users.flatMap(({ name, hashes }): CommandLine[] => {
      const rules = rulesOf(hashes);
      return rules.length === 0 ? [] : [['ACL', 'SETUSER', name, ...rules]];
    });
    if (commands.length > 0) await this.server.all(commands);
  }
}

/** The reply of ACL GETUSER is a list of names and values. */
function hashesIn(reply: unknown): string[] {
  const fields = reply as unknown[];
  return fields[fields.indexOf('passwords') + 1] as string[];
}
