// The settings of a fleet's Redis servers: from typed props, or from the redis.conf of the old fleet.

import { inheritance, type Inheritance } from './config/inherit';
import { readBytes, readFile } from './config/read';
import { joinWords } from './config/text';
import { RedisConfigNote, RedisDirective } from './redis-config-note';
import { RedisConfigProps } from './redis-config-props';

/**
 * What every Redis server of a fleet is configured with, apart from what its pod decides (directory, port, role, password, `maxmemory`).
 *
 * Everything is checked against Redis 7.0: a directive or a value that redis-server refuses would end all the pods at their start.
 * Redis 7.2 takes all that 7.0 takes, 7.4 too but for a `maxmemory-samples` above 64.
 */
export class RedisConfig {
  /** Settings from props alone. Throws for what Redis 7.0 refuses, naming the directives and the remedies. */
  static of(props: RedisConfigProps = {}): RedisConfig {
    return new RedisConfig(inheritance([], props));
  }

  /**
   * Takes over the configuration of an old server, of any version from 2.0 on. Props override what the file says.
   *
   * An `include` is followed when that file lies beside this one. Throws, naming the lines and the remedies, for a directive that
   * Redis 7.0 does not know, for a value that it refuses, and for a node of a Redis Cluster.
   */
  static fromFile(file: string, overrides: RedisConfigProps = {}): RedisConfig {
    return new RedisConfig(inheritance([...readFile(file)], overrides));
  }

  /** As `fromFile`, for the text of a file; an `include` in it is refused. */
  static fromText(text: string, fileName = 'redis.conf', overrides: RedisConfigProps = {}): RedisConfig {
    return new RedisConfig(inheritance([...readBytes(Buffer.from(text), fileName)], overrides));
  }

  /** The directives, in the order in which they are rendered. */
  readonly directives: RedisDirective[];
  /** What became of each directive of the old file, and what the props and the defaults added. */
  readonly report: RedisConfigNote[];
  /** The password of the old file, for a Secret; nothing when there was none. */
  readonly requirepass?: string;
  /** The password that the old server gave to its master, for a Secret. */
  readonly masterauth?: string;
  /** `maxmemory` of the old file, as it was written. */
  readonly maxmemory?: string;

  private constructor({ directives, notes, lifted }: Inheritance) {
    this.directives = directives;
    this.report = notes;
    this.requirepass = lifted.requirepass;
    this.masterauth = lifted.masterauth;
    this.maxmemory = lifted.maxmemory;
  }

  /** The text for redis.conf, one directive a line; holds no password. */
  render(): string {
    return this.directives.map(({ name, args }) => `${joinWords([name, ...args])}\n`).join('');
  }
}
