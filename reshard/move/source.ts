// Copies the moving keys of one server to their new servers. One batch at a time, so that no older copy of a key can
// arrive after a newer one.

import { BatchedSender } from '../../migrator/data/batches';
import { type CommandLine, type RedisServer, ServerError } from '../../migrator/redis/server';
import { PendingKeys } from './pending';

/** Keys in a batch; more make a client wait longer, and gain little. */
const BATCH = 100;

/** The first byte of a DUMP of a stream: RDB_TYPE_STREAM_LISTPACKS and its later versions. */
const STREAMS = [15, 19, 21];

/** No expiry for RESTORE, and none of PEXPIRETIME. */
const NO_EXPIRY = 0;
const NONE = -1;
const GONE = -2;

/** The new server of a key; undefined if it does not move. */
export type TargetOf = (key: Buffer) => RedisServer | undefined;

export class Source {
  readonly pending = new PendingKeys();
  /** Moving streams: their consumer groups change without an invalidation. */
  readonly streams = new PendingKeys();
  /** Values that were copied, a key more than once if it changed. */
  copied = 0;
  private cursor: string | undefined = undefined;
  private readonly reader: BatchedSender;

  constructor(
    private readonly redis: RedisServer,
    private readonly targetOf: TargetOf,
  ) {
    this.reader = new BatchedSender((commands) => redis.eachInBytes(commands));
  }

  /** Begins a scan of all keys. */
  restart(): void {
    this.cursor = '0';
  }

  get isScanned(): boolean {
    return this.cursor === undefined;
  }

  /** Notes a change, if the key moves. */
  changed(key: Buffer): void {
    if (this.targetOf(key) !== undefined) this.pending.add(key);
  }

  /** Copies what changed, and then a part of the scan. Returns whether there was something to do. */
  async step(): Promise<boolean> {
    const keys = this.pending.take(BATCH);
    if (keys.length > 0) {
      await this.copy(keys);
      return true;
    }
    if (this.cursor === undefined) return false;
    const [result] = await this.redis.eachInBytes([['SCAN', this.cursor, 'COUNT', 10 * BATCH]]);
    if (result instanceof Error) throw result;
    const [next, found] = result as [Buffer, Buffer[]];
    for (const key of found) this.changed(key);
    this.cursor = String(next) === '0' ? undefined : String(next);
    return true;
  }

  /** Copies everything that has changed so far. */
  async drain(): Promise<void> {
    for (let keys = this.pending.take(BATCH); keys.length > 0; keys = this.pending.take(BATCH)) await this.copy(keys);
  }

  /** Copies every moving stream once more. */
  async copyStreams(): Promise<void> {
    for (let keys = this.streams.take(BATCH); keys.length > 0; keys = this.streams.take(BATCH)) {
      for (const key of keys) this.pending.add(key);
    }
    await this.drain();
  }

  private async copy(keys: readonly Buffer[]): Promise<void> {
    const results = await this.reader.send(
      keys.flatMap((key): CommandLine[] => [
        ['DUMP', key],
        ['PEXPIRETIME', key],
      ]),
    );
    const byTarget = new Map<RedisServer, CommandLine[]>();
    keys.forEach((key, i) => {
      const target = this.targetOf(key);
      if (target === undefined) return;
      const commands = byTarget.get(target) ?? [];
      byTarget.set(target, commands);
      commands.push(this.commandFor(key, results[2 * i], results[2 * i + 1]));
    });
    await Promise.all([...byTarget].map(([target, commands]) => target.all(commands)));
    this.copied += keys.length;
  }

  /** What makes the target have the key as it was read. */
  private commandFor(key: Buffer, dump: unknown, expiry: unknown): CommandLine {
    for (const result of [dump, expiry]) if (result instanceof ServerError) throw result;
    // It may have expired between the two commands.
    if (!Buffer.isBuffer(dump) || expiry === GONE) return ['UNLINK', key];
    if (STREAMS.includes(dump[0])) this.streams.add(key);
    const at = expiry === NONE ? NO_EXPIRY : Number(expiry);
    return ['RESTORE', key, at, dump, 'REPLACE', ...(at === NO_EXPIRY ? [] : ['ABSTTL'])];
  }
}
