// The passwords in the Secret, and the login with them.

import { createHash } from 'node:crypto';
import { RefusedError } from '../../migrator/program/outcome';
import { RedisServer, ServerError } from '../../migrator/redis/server';
import { Version } from '../../migrator/redis/version';

/** How long a server may take to reply: one that is down must not delay the others. */
const TIMEOUT_MS = 5000;

export class Secret {
  /** What an ACL has instead of the first password, which everything sends. */
  readonly currentHash: string;
  /** The same of the second one, which servers accept as well. */
  readonly secondHash?: string;

  constructor(
    readonly current: string,
    private readonly second?: string,
  ) {
    this.currentHash = hashOf(current);
    if (second !== undefined && second !== current) this.secondHash = hashOf(second);
  }

  /** Of both passwords. */
  get hashes(): string[] {
    return [this.currentHash, ...(this.secondHash === undefined ? [] : [this.secondHash])];
  }

  /** Connects with the first password, or else the second. Throws a ServerError, or a RefusedError if it accepts neither. */
  async connect(address: string): Promise<RedisServer> {
    for (const password of [this.current, this.second]) {
      if (password === undefined) continue;
      try {
        return await withUsers(await RedisServer.connect(address, { password, timeoutMs: TIMEOUT_MS }));
      } catch (error) {
        if (!(error instanceof ServerError && error.isAboutPassword)) throw error;
      }
    }
    throw new RefusedError(
      `${address} accepts no password of the Secret; put the one that it accepts into the second key, and run apply`,
    );
  }

  /** Connects with the first password only. Throws a ServerError, or a RefusedError if the server does not accept it. */
  async connectWithCurrent(address: string): Promise<RedisServer> {
    try {
      return await RedisServer.connect(address, { password: this.current, timeoutMs: TIMEOUT_MS });
    } catch (error) {
      if (!(error instanceof ServerError && error.isAboutPassword)) throw error;
      throw new RefusedError(`${address} does not accept the first password of the Secret; run apply`);
    }
  }
}

function hashOf(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}

/** Refuses a server that can have one password only. */
async function withUsers(server: RedisServer): Promise<RedisServer> {
  const version = Version.of(await server.info('server'));
  if (version.hasUsers) return server;
  server.close();
  throw new RefusedError(
    `${server.address} runs ${version.name}, which accepts one password only; use Redis 6.0 or later, or change the Secret and restart everything at once`,
  );
}
