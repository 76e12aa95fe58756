// What a version of Redis can do.

import { type Info } from './info';

/** From this version on, a server writes RDB files of this format (src/rdb.h of each release). */
const RDB_LEVELS: readonly (readonly [major: number, minor: number, level: number])[] = [
  [2, 6, 6],
  [3, 2, 7],
  [4, 0, 8],
  [5, 0, 9],
  [7, 0, 10],
  [7, 2, 11],
  [7, 4, 12],
];

export class Version {
  static of(info: Info): Version {
    return Version.parse(info.text('redis_version'));
  }

  static parse(text: string): Version {
    const [major = 0, minor = 0] = text.split('.').map(Number);
    return new Version(text, major, minor);
  }

  private constructor(
    readonly text: string,
    private readonly major: number,
    private readonly minor: number,
  ) {}

  isAtLeast(major: number, minor: number): boolean {
    return this.major > major || (this.major === major && this.minor >= minor);
  }

  /** Whether it can load what such a master sends: the master's format of RDB files, or a later one. */
  canFollow(master: Version): boolean {
    return this.rdbLevel > master.rdbLevel || (this.rdbLevel === master.rdbLevel && !master.isUnknownTo(this));
  }

  /** The format of its RDB files. */
  get rdbLevel(): number {
    return RDB_LEVELS.reduce((level, [major, minor, next]) => (this.isAtLeast(major, minor) ? next : level), 0);
  }

  /** Later than the other, and later than the table above knows. */
  private isUnknownTo(other: Version): boolean {
    return this.isAtLeast(8, 1) && !other.isAtLeast(this.major, this.minor);
  }

  /** CLIENT PAUSE can hold the writes alone. */
  get pausesWrites(): boolean {
    return this.isAtLeast(6, 2);
  }

  /** REPLICAOF and `replica-` settings, which were SLAVEOF and `slave-`. */
  get saysReplica(): boolean {
    return this.isAtLeast(5, 0);
  }

  /** The name of a setting, which had another word in it before 5.0. */
  nameOf(setting: string): string {
    return this.saysReplica ? setting : setting.replace('replica', 'slave');
  }

  /** A demotion loses the offset (up to 3.2), or lets a transaction write that began before it (up to 4.0). */
  get demotesForgetfully(): boolean {
    return !this.isAtLeast(5, 0);
  }

  /** CONFIG REWRITE leaves the quotes of a password out. */
  get forgetsQuotes(): boolean {
    return this.isAtLeast(6, 0) && !this.isAtLeast(6, 2);
  }

  /** A user whose line is there twice, be it in an included file, keeps it from starting. */
  get refusesTwins(): boolean {
    return this.isAtLeast(7, 0);
  }

  /** Users with rights. */
  get hasUsers(): boolean {
    return this.isAtLeast(6, 0);
  }
}
