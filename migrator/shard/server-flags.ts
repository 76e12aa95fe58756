// What a later run has to know of a server, kept on the server itself: in repl-backlog-ttl, the seconds for which a master
// without replicas keeps its backlog. Some years more do no harm, and the old value can be read back from the sum.

import { type CommandLine, type RedisServer, rethrowUnreachable } from '../redis/server';

/** Each mark is one bit. */
export const FLAG = {
  /** repl-diskless-sync was `no`. */
  DISKLESS: 1,
  /** rdb-del-sync-files was `no`. */
  DELETES: 2,
  /** It has no snapshot since it was promoted. */
  SNAPSHOT: 4,
} as const;

export type Flag = (typeof FLAG)[keyof typeof FLAG];

const SETTING = 'repl-backlog-ttl';

/** By so many seconds for the first mark: three years, which nobody asks for. */
const UNIT = 100_000_000;

export class ServerFlags {
  /** The marks of a server; none if it does not tell its settings. */
  static async of(server: RedisServer): Promise<ServerFlags> {
    const value = Number((await server.setting(SETTING).catch(rethrowUnreachable)) ?? 0);
    return new ServerFlags(value % UNIT, Math.floor(value / UNIT));
  }

  private constructor(
    private readonly ttl: number,
    private readonly bits: number,
  ) {}

  has(mark: Flag): boolean {
    return (this.bits & mark) !== 0;
  }

  with(...marks: readonly Flag[]): ServerFlags {
    return new ServerFlags(
      this.ttl,
      marks.reduce((bits, mark) => bits | mark, this.bits),
    );
  }

  without(...marks: readonly Flag[]): ServerFlags {
    return new ServerFlags(
      this.ttl,
      marks.reduce((bits, mark) => bits & ~mark, this.bits),
    );
  }

  /** What puts them on the server. */
  get setting(): CommandLine {
    return ['CONFIG', 'SET', SETTING, this.ttl + this.bits * UNIT];
  }
}
