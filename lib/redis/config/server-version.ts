// Which redis-server an image runs, as far as its name and tag say.

/** What the shards run unless a prop says otherwise. */
export const DEFAULT_REDIS_IMAGE = 'docker.io/library/redis:7.2.11-bookworm';

/** The first release of each program that has something; a program that is not named never had it. */
export interface Since {
  readonly redis?: string;
  readonly valkey?: string;
}

/** A release of Redis or of Valkey. */
export class ServerVersion {
  /** What every image is at least. */
  static readonly OLDEST = new ServerVersion('redis', 7, 0);

  /** Reads `7.2`, `redis 7.2.11` or `valkey 8.1`; nothing for other texts. */
  static of(text: string): ServerVersion | undefined {
    const match = /^(?:(redis|valkey)[ -]?)?v?(\d{1,3})(?:\.(\d{1,3})(?:\.\d+)*)?$/i.exec(text.trim());
    return match === null ? undefined : new ServerVersion(programOf(match[1]), ...release(match[2], match[3]));
  }

  /** Reads the name and the tag; nothing where they do not say. */
  static ofImage(image: string): ServerVersion | undefined {
    const match = /(redis|valkey)[^/:@]*:v?(\d{1,3})(?:\.(\d{1,3}))?(?![^.@-])[^/:]*(@|$)/i.exec(image);
    return match === null ? undefined : new ServerVersion(programOf(match[1]), ...release(match[2], match[3]));
  }

  /** What a server in the image is at least. */
  static leastOf(image: string): ServerVersion {
    return ServerVersion.ofImage(image) ?? ServerVersion.OLDEST;
  }

  private constructor(
    private readonly program: keyof Since,
    private readonly major: number,
    private readonly minor: number,
  ) {}

  /** Whether it is this release, or a later one. */
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

/** The releases as people write them: `Redis 7.4 or Valkey 8.0`. */
export function firstReleases({ redis, valkey }: Since): string {
  return [redis && `Redis ${redis}`, valkey && `Valkey ${valkey}`].filter(Boolean).join(' or ');
}

const NAMES = { redis: 'Redis', valkey: 'Valkey' };

/** A tag such as `7` is the last release of the line. */
const LATEST = Infinity;

function programOf(name = 'redis'): keyof Since {
  return name.toLowerCase() === 'valkey' ? 'valkey' : 'redis';
}

function release(major: string, minor?: string): [number, number] {
  return [Number(major), minor === undefined ? LATEST : Number(minor)];
}
