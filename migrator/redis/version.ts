// What each version of Redis and Valkey can do.

import { type Info } from './info';
import { type Product, productOf } from './product';

type Levels = readonly (readonly [major: number, minor: number, level: number])[];

/** The RDB format that a server writes from this version on (src/rdb.h of each release). */
const RDB_LEVELS: Levels = [
  [2, 6, 6],
  [3, 2, 7],
  [4, 0, 8],
  [5, 0, 9],
  [7, 0, 10],
  [7, 2, 11],
  [7, 4, 12],
  [8, 6, 13],
  [8, 8, 14],
];

/** Valkey's own formats start at 80. It reads none between those and the last one that it shares with Redis. */
const VALKEY_LEVELS: Levels = [
  [7, 2, 11],
  [9, 0, 80],
  [9, 2, 81],
];

/** The last Redis format that Valkey reads. */
const LAST_SHARED_LEVEL = 11;

export class Version {
  static of(info: Info): Version {
    return new Version(productOf(info), info.text('redis_version'));
  }

  /** Parses a version of Redis. */
  static parse(text: string): Version {
    return new Version({ name: 'Redis', version: text }, text);
  }

  private readonly major: number;
  private readonly minor: number;

  private constructor(
    private readonly product: Product,
    compatible: string,
  ) {
    [this.major = 0, this.minor = 0] = numbersOf(compatible);
  }

  /** The product's own version, without its name. */
  get text(): string {
    return this.product.version;
  }

  /** The product and its version. */
  get name(): string {
    return `${this.product.name} ${this.text}`.trimEnd();
  }

  /** Why data cannot be moved from or to such a server; undefined if it can. */
  get unsupportedReason(): string | undefined {
    return this.product.unsupportedReason;
  }

  /** By the version of Redis that it is, or is compatible with. */
  isAtLeast(major: number, minor: number): boolean {
    return isFrom([this.major, this.minor], major, minor);
  }

  /** Whether it can load what such a master sends: its RDB format is the master's or later. */
  canFollow(master: Version): boolean {
    if (this.isValkey && !master.isValkey && master.rdbLevel > LAST_SHARED_LEVEL) return false;
    return this.rdbLevel > master.rdbLevel || (this.rdbLevel === master.rdbLevel && !master.isUnknownTo(this));
  }

  /** The RDB format that it writes. */
  get rdbLevel(): number {
    const levels = this.isValkey ? VALKEY_LEVELS : RDB_LEVELS;
    const own = numbersOf(this.text);
    return levels.reduce((level, [major, minor, next]) => (isFrom(own, major, minor) ? next : level), 0);
  }

  private get isValkey(): boolean {
    return this.product.name === 'Valkey';
  }

  /** Whether it is later than the other version and later than the tables above. */
  private isUnknownTo(other: Version): boolean {
    const [own, others] = [numbersOf(this.text), numbersOf(other.text)];
    const [major, minor] = this.isValkey ? [9, 3] : [8, 9];
    const isKnown = !isFrom(own, major, minor);
    return !isKnown && !isFrom(others, own[0], own[1]);
  }

  /** CLIENT PAUSE can pause writes only. */
  get pausesWrites(): boolean {
    return this.isAtLeast(6, 2);
  }

  /** REPLICAOF and `replica-` settings, formerly SLAVEOF and `slave-`. */
  get usesReplicaNames(): boolean {
    return this.isAtLeast(5, 0);
  }

  /** The name of a setting: `slave` instead of `replica` before 5.0. */
  nameOf(setting: string): string {
    return this.usesReplicaNames ? setting : setting.replace('replica', 'slave');
  }

  /** A demotion loses the offset (up to 3.2), or a transaction that began before it still writes (up to 4.0). */
  get losesStateOnDemotion(): boolean {
    return !this.isAtLeast(5, 0);
  }

  /** CONFIG REWRITE writes a password without its quotes. */
  get dropsQuotesOnRewrite(): boolean {
    return this.isAtLeast(6, 0) && !this.isAtLeast(6, 2);
  }

  /** The server does not start if a user is defined twice, even if once in an included file. */
  get rejectsDuplicateUsers(): boolean {
    return this.isAtLeast(7, 0);
  }

  /** ACL users. */
  get hasUsers(): boolean {
    return this.isAtLeast(6, 0);
  }
}

type Numbers = readonly [major: number, minor: number];

function numbersOf(text: string): Numbers {
  const [major = 0, minor = 0] = text.split('.').map(Number);
  return [major, minor];
}

function isFrom([ownMajor, ownMinor]: Numbers, major: number, minor: number): boolean {
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
