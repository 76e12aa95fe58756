// A shard whose value grows at every step of its migration, and the value that a server serves after a restart.

import { type Redis } from 'ioredis';
import { RedisConfig, type SavePoint } from '../../lib';
import { Duration } from 'cdk8s';
import { type Lab, until } from '../lab/lab';
import { LabMove } from '../lab/move';

/** What a server persists. */
export interface Kept {
  readonly appendonly: boolean;
  readonly snapshots: boolean;
}

export const NOTHING: Kept = { appendonly: false, snapshots: false };
export const SNAPSHOTS: Kept = { appendonly: false, snapshots: true };
export const AOF: Kept = { appendonly: true, snapshots: false };
export const BOTH: Kept = { appendonly: true, snapshots: true };

export function nameOf({ appendonly, snapshots }: Kept): string {
  return `save ${snapshots ? 'some' : 'none'}, appendonly ${appendonly ? 'yes' : 'no'}`;
}

/** So rare that snapshots are written only at a shutdown or on request. */
const RARELY: SavePoint = { after: Duration.hours(1), changes: 1000 };

/** More directives of an old server: up to Redis 6.2, an initial synchronization went through a file. */
const OLD = [
  ['repl-diskless-sync', 'no'],
  ['repl-diskless-sync-delay', '0'],
  ['appendfsync', 'always'],
];

type Side = 'old' | 'new';

export class Restarting {
  private value = 0;

  static async of(lab: Lab, old: Kept, fresh: Kept, keepLegacyInSync = false): Promise<Restarting> {
    const move = await LabMove.of(lab, {
      servers: 1,
      proxies: 0,
      appendonly: old.appendonly,
      directives: () => [...OLD, ['save', ...(old.snapshots ? ['3600', '1000'] : [''])]],
      fleet: {
        migration: { keepLegacyInSync },
        redis: {
          config: RedisConfig.of({
            appendonly: fresh.appendonly,
            save: fresh.snapshots ? [RARELY] : [],
            raw: { appendfsync: 'always' },
          }),
        },
      },
    });
    await move.start();
    return new Restarting(move);
  }

  private constructor(readonly move: LabMove) {}

  /** Writes a newer value to a server, and deletes the previous key. */
  async write(side: Side): Promise<number> {
    const next = this.value + 1;
    await this.with(side, async (client) => {
      const before = await client.keys('since:*');
      const writes = client.multi().set('value', next).set(`since:${next}`, 'x');
      await (before.length > 0 ? writes.del(before) : writes).exec();
    });
    return (this.value = next);
  }

  /** The newest value. */
  get newest(): number {
    return this.value;
  }

  /** Waits until a replica has all data of its master, by offsets, since a replica may not be read. */
  async arrived(side: Side): Promise<void> {
    const infoOf = (which: Side): Promise<string> => this.with(which, (client) => client.info('replication'));
    await until('everything arrives', async () => {
      const [master, replica] = [await infoOf(side === 'old' ? 'new' : 'old'), await infoOf(side)];
      const offset = /^slave_repl_offset:(\d+)/m.exec(replica)?.[1];
      return replica.includes('master_link_status:up') && master.includes(`master_repl_offset:${offset}\r\n`);
    });
  }

  async restart(side: Side, signal: NodeJS.Signals): Promise<void> {
    if (side === 'old') return this.move.old.restart(0, signal);
    await this.move.fleet.stopShard(0, signal);
    await this.move.fleet.startShard(0);
  }

  /** The value that a server serves; undefined if it is empty. */
  async served(side: Side): Promise<number | undefined> {
    return this.with(side, async (client) => {
      const [value, keys] = await Promise.all([client.get('value'), client.keys('since:*')]);
      if (value === null) return undefined;
      // A deleted key that is back would mean older data than the value.
      if (keys.join() !== `since:${value}`) throw new Error(`the server has value ${value} with ${keys.join()}`);
      return Number(value);
    });
  }

  readonly setting = (side: Side, name: string): Promise<string> =>
    this.with(side, async (client) => ((await client.config('GET', name)) as string[])[1]);

  private async with<T>(side: Side, act: (client: Redis) => Promise<T>): Promise<T> {
    const client = side === 'old' ? this.move.old.serverClient(0) : this.move.fleet.shardClient(0);
    try {
      return await act(client);
    } finally {
      client.disconnect();
    }
  }
}
