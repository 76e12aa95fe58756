// One Sentinel: what it says about a shard, and orders to it. Its connection is opened when it is needed, and again after it
// broke.

import { type Argument, type ConnectOptions, RedisServer, ServerError } from '../../migrator/redis/server';

/** A Sentinel replies at once, or is of no use. */
const TIMEOUT_MS = 2000;

/** What a Sentinel knows about a server that it takes for a replica. */
export interface KnownReplica {
  /** `ip:port` */
  readonly address: string;
  readonly priority: number;
  readonly flags: readonly string[];
}

/** What a Sentinel says about a shard. */
export interface Opinion {
  readonly sentinel: string;
  /** `ip:port` of the server that it names as the master; undefined if it does not monitor the shard, or does not reply. */
  readonly names?: string;
  /** Its flags for the master, such as `s_down`. */
  readonly flags: readonly string[];
  readonly replicas: readonly KnownReplica[];
  /** Why it does not reply. */
  readonly silence?: string;
}

export class Sentinel {
  private connection?: Promise<RedisServer>;

  constructor(
    readonly address: string,
    private readonly options: Pick<ConnectOptions, 'password'>,
  ) {}

  /** What it says about the master of this name. */
  async opinionOn(name: string): Promise<Opinion> {
    try {
      const [master, replicas] = await this.each([
        ['SENTINEL', 'MASTER', name],
        ['SENTINEL', 'REPLICAS', name],
      ]);
      if (isUnknown(master)) return { sentinel: this.address, flags: [], replicas: [] };
      for (const result of [master, replicas]) if (result instanceof Error) throw result;
      const { ip, port, flags } = pairsOf(master as string[]);
      return {
        sentinel: this.address,
        names: `${ip}:${port}`,
        flags: flags.split(','),
        replicas: (replicas as string[][]).map(pairsOf).map(knownReplica),
      };
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      return { sentinel: this.address, flags: [], replicas: [], silence: error.message };
    }
  }

  /** Makes it promote a replica. Returns its error reply, if there is one. Throws a ServerError if it cannot be reached. */
  async failOver(name: string): Promise<string | undefined> {
    const [result] = await this.each([['SENTINEL', 'FAILOVER', name]]);
    return result instanceof Error ? result.message : undefined;
  }

  /** Makes it forget what it knows about the shard. Throws a ServerError if it cannot be reached. */
  async forget(name: string): Promise<void> {
    await this.each([['SENTINEL', 'REMOVE', name]]);
  }

  /** Makes it forget what it knows about the shard, and monitor this server as its master. Throws a ServerError. */
  async monitor(
    name: string,
    { host, port }: { host: string; port: number },
    quorum: number,
    settings: readonly (readonly [string, string])[],
  ): Promise<void> {
    const results = await this.each([
      ['SENTINEL', 'REMOVE', name],
      ['SENTINEL', 'MONITOR', name, host, port, quorum],
      ...settings.map(([setting, value]) => ['SENTINEL', 'SET', name, setting, value] as const),
    ]);
    // It may not have known the shard.
    const error = results.slice(1).find((result) => result instanceof Error);
    if (error !== undefined) throw error;
  }

  close(): void {
    this.connection?.then(
      (server) => {
        server.close();
      },
      () => undefined,
    );
    this.connection = undefined;
  }

  /** Sends commands in one packet. Throws a ServerError if it cannot be reached. */
  private async each(commands: readonly (readonly [string, ...Argument[]])[]): Promise<unknown[]> {
    try {
      this.connection ??= RedisServer.connect(this.address, { ...this.options, timeoutMs: TIMEOUT_MS });
      const results = await (await this.connection).each(commands);
      const broken = results.find((result) => result instanceof ServerError && result.code === 'UNREACHABLE');
      if (broken !== undefined) throw broken as ServerError;
      return results;
    } catch (error) {
      this.close();
      throw error;
    }
  }
}

function isUnknown(result: unknown): boolean {
  return result instanceof ServerError && result.message.includes('No such master');
}

function knownReplica(fields: Record<string, string>): KnownReplica {
  return {
    address: `${fields.ip}:${fields.port}`,
    priority: Number(fields['slave-priority']),
    flags: fields.flags.split(','),
  };
}

/** A reply of names and values. */
function pairsOf(flat: readonly string[]): Record<string, string> {
  return Object.fromEntries(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]] as const));
}
