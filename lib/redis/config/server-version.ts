// The version of redis-server in an image, as far as its name and tag tell.

/** The default image of the shards. */
export const DEFAULT_REDIS_IMAGE = 'docker.io/library/redis:7.2.11-bookworm';

/** The first release of each program with a feature; a program that is not listed never had it. */
export interface Since {
  readonly redis?: string;
  readonly valkey?: string;
}

/** A release of Redis or of Valkey. */
export class ServerVersion {
  /** The minimum version of every image. */
  static readonly OLDEST = new ServerVersion('redis', 7, 0);

  /** Parses `7.2`, `redis 7.2.11` or `valkey 8.1`; undefined for other texts. */
  static of(text: string): ServerVersion | undefined {
    const match = /^(?:(redis|valkey)[ -]?)?v?(\d{1,3})(?:\.(\d{1,3})(?:\.\d+)*)?$/i.exec(text.trim());
    return match === null ? undefined : new ServerVersion(programOf(match[1]), ...release(match[2], match[3]));
  }

  /** Parses the name and the tag; undefined if they do not give a version. */
  static ofImage(image: string): ServerVersion | undefined {
    const match = /(redis|valkey)[^/:@]*:v?(\d{1,3})(?:\.(\d{1,3}))?(?![^.@-])[^/:]*(@|$)/i.exec(image);
    return match === null ? undefined : new ServerVersion(programOf(match[1]), ...release(match[2], match[3]));
  }

  /** The minimum version of the server in the image. */
  static leastOf(image: string): ServerVersion {
    return ServerVersion.ofImage(image) ?? ServerVersion.OLDEST;
  }

  private constructor(
    private readonly program: keyof Since,
    private readonly major: number,
    private readonly minor: number,
  ) {}

  /** Whether this version has the feature. */
  has(since: Since): boolean {
    const first = since[this.program];
    if (first === undefined) return false;
    const [major, minor] = first.split('.').map(Number);
    return this.major === major ? this.minor >= minor : this.major > major;
  }

  toString(): string {
    const minor = this.minor === LATEST ? '' : `.${this.minor}`;
    return `${NAMES[this.program]} ${this.major}${minor}`;
  }
}

/** The releases for messages: `Redis 7.4 or Valkey 8.0`. */
export function firstReleases({ redis, valkey }: Since): string {
  return [redis && `Redis ${redis}`, valkey && `Valkey ${valkey}`].filter(Boolean).join(' or ');
}

const NAMES = { redis: 'Redis', valkey: 'Valkey' };

/** A tag such as `7` is the latest release of its major version. */
const LATEST = Infinity;

function programOf(name = 'redis'): keyof Since {
  return name.toLowerCase() === 'valkey' ? 'valkey' : 'redis';
}

function release(major: string, minor?: string): [number, number] {
  return [Number(major), minor === undefined ? LATEST : Number(minor)];
}
