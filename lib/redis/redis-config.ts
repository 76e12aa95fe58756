// The settings of a fleet's Redis servers, from typed props or from the redis.conf of the old fleet.

import { checkArguments } from '../nutcracker/checked-arguments';
import { inheritance } from './config/inherit';
import { readBytes, readFile, type ReadLine } from './config/read';
import { type ServerVersion } from './config/server-version';
import { joinWords } from './config/text';
import { RedisConfigNote, RedisDirective } from './redis-config-note';
import { RedisConfigProps } from './redis-config-props';

/**
 * The configuration of every Redis server of a fleet, except for what its pod decides (directory, port, role, password, `maxmemory`).
 *
 * All pods would crash at start with a directive or value that redis-server refuses. What no release of Redis (from 7.0 on)
 * or Valkey accepts is refused here; `RedisStatefulSet` refuses what the release in its image does not accept.
 */
export class RedisConfig {
  /** Settings from props only. Throws for what every release refuses, with the directives and the remedies. */
  static of(props: RedisConfigProps = {}): RedisConfig {
    checkArguments('RedisConfig.of', props);
    return new RedisConfig([], props);
  }

  /**
   * Reads the configuration of an old server, of any version from 2.0 on. Props override the file.
   *
   * An `include` is followed if that file is next to this one. Throws, with the lines and the remedies, for a directive that
   * no release from 7.0 on has, for a value that all refuse, and for a node of a Redis Cluster.
   */
  static fromFile(file: string, overrides: RedisConfigProps = {}): RedisConfig {
    checkArguments('RedisConfig.fromFile', file, overrides);
    return new RedisConfig([...readFile(file)], overrides);
  }

  /** Like `fromFile`, for the text of a file; an `include` in it is refused. */
  static fromText(text: string, fileName = 'redis.conf', overrides: RedisConfigProps = {}): RedisConfig {
    checkArguments('RedisConfig.fromText', text, fileName, overrides);
    return new RedisConfig([...readBytes(Buffer.from(text), fileName)], overrides);
  }

  /** The directives, in the order in which they are rendered. */
  readonly directives: RedisDirective[];
  /** How each directive of the old file was handled, and what the props and the defaults added. */
  readonly report: RedisConfigNote[];
  /** The password of the old file, for a Secret; undefined if there was none. */
  readonly requirepass?: string;
  /** The password that the old server sent to its master, for a Secret. */
  readonly masterauth?: string;
  /** `maxmemory` of the old file, as written there. */
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
   * The same configuration for one release; throws for what that release does not accept.
   * @internal
   */
  _for(version: ServerVersion): RedisConfig {
    return new RedisConfig(this.lines, this.props, version);
  }

  /** The text for redis.conf, one directive per line, without passwords. */
  render(): string {
    return this.directives.map(({ name, args }) => `${joinWords([name, ...args])}\n`).join('');
  }
}
