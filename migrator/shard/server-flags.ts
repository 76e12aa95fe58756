// Flags for later runs, stored on the server itself: as multiples of UNIT added to repl-backlog-ttl, the seconds for which a
// master without replicas keeps its backlog. Some years more are harmless, and the original value can be restored.

import { type CommandLine, type RedisServer, rethrowUnreachable } from '../redis/server';

/** Each flag is one bit. */
export const FLAG = {
  /** repl-diskless-sync was `no`. */
  DISKLESS: 1,
  /** rdb-del-sync-files was `no`. */
  DELETES: 2,
  /** It has taken no snapshot since its promotion. */
  SNAPSHOT: 4,
} as const;

export type Flag = (typeof FLAG)[keyof typeof FLAG];

const SETTING = 'repl-backlog-ttl';

/** The seconds of the first flag: three years, longer than any real value. */
const UNIT = 100_000_000;

export class ServerFlags {
  /** The flags of a server; none if its settings cannot be read. */
  static async of(server: RedisServer): Promise<ServerFlags> {
    const value = Number((await server.setting(SETTING).catch(rethrowUnreachable)) ?? 0);
    return new ServerFlags(value % UNIT, Math.floor(value / UNIT));
  }

  private constructor(
    private readonly ttl: number,
    private readonly bits: number,
  ) {}

  has(flag: Flag): boolean {
    return (this.bits & flag) !== 0;
  }

  with(...flags: readonly Flag[]): ServerFlags {
    return new ServerFlags(
      this.ttl,
      flags.reduce((bits, flag) => bits | flag, this.bits),
    );
  }

  without(...flags: readonly Flag[]): ServerFlags {
    return new ServerFlags(
      this.ttl,
      flags.reduce((bits, flag) => bits & ~flag, this.bits),
    );
  }

  /** The command that stores the flags. */
  get setting(): CommandLine {
    return ['CONFIG', 'SET', SETTING, this.ttl + this.bits * UNIT];
  }
}
