// The settings of a fleet's Redis servers: from typed props, or from the redis.conf of the old fleet.

import { checkArguments } from '../nutcracker/checked-arguments';
import { inheritance } from './config/inherit';
import { readBytes, readFile, type ReadLine } from './config/read';
import { type ServerVersion } from './config/server-version';
import { joinWords } from './config/text';
import { RedisConfigNote, RedisDirective } from './redis-config-note';
import { RedisConfigProps } from './redis-config-props';

/**
 * What every Redis server of a fleet is configured with, apart from what its pod decides (directory, port, role, password, `maxmemory`).
 *
 * A directive or a value that redis-server refuses would end all the pods at their start. What no release of Redis (from 7.0 on)
 * or Valkey takes is refused here; `RedisStatefulSet` refuses what the release in its image does not take.
 */
export class RedisConfig {
  /** Settings from props alone. Throws for what every release refuses, naming the directives and the remedies. */
  static of(props: RedisConfigProps = {}): RedisConfig {
    checkArguments('RedisConfig.of', props);
    return new RedisConfig([], props);
  }

  /**
   * Takes over the configuration of an old server, of any version from 2.0 on. Props override what the file says.
   *
   * An `include` is followed when that file lies beside this one. Throws, naming the lines and the remedies, for a directive that
   * no release from 7.0 on knows, for a value that all refuse, and for a node of a Redis Cluster.
   */
  static fromFile(file: string, overrides: RedisConfigProps = {}): RedisConfig {
    checkArguments('RedisConfig.fromFile', file, overrides);
    return new RedisConfig([...readFile(file)], overrides);
  }

  /** As `fromFile`, for the text of a file; an `include` in it is refused. */
  static fromText(text: string, fileName = 'redis.conf', overrides: RedisConfigProps = {}): RedisConfig {
    checkArguments('RedisConfig.fromText', text, fileName, overrides);
    return new RedisConfig([...readBytes(Buffer.from(text), fileName)], overrides);
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

  private constructor(
    private readonly lines: readonly ReadLine[],
    private readonly props: RedisConfigProps,
    version?: ServerVersion,
  ) {
    const { directives, notes, separate } = inheritance(lines, props, version);
    this.directives = directives;
    this.report = notes;
    this.requirepass = separate.requirepass;
    this.masterauth = separate.masterauth;
    this.maxmemory = separate.maxmemory;
  }

  /**
   * The same as one release takes it; throws for what that does not take.
   * @internal
   */
  _for(version: ServerVersion): RedisConfig {
    return new RedisConfig(this.lines, this.props, version);
  }

  /** The text for redis.conf, one directive a line; holds no password. */
  render(): string {
    return this.directives.map(({ name, args }) => `${joinWords([name, ...args])}\n`).join('');
  }
}
