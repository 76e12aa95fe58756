// Copies the moving keys of one server to their new servers. One batch is read at a time, while the one before is written. Both are written
// over the same connections in this order, so that no older copy of a key can arrive after a newer one.

import { BatchedSender } from '../../migrator/data/batches';
import { type CommandLine, type RedisServer, ServerError } from '../../migrator/redis/server';
import { type Pace } from './pace';
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
  /** Keys that have changed. */
  readonly pending = new PendingKeys();
  /** Keys that a scan has found. */
  private readonly found = new PendingKeys();
  /** Moving streams: their consumer groups change without an invalidation. */
  readonly streams = new PendingKeys();
  /** Values that were copied, a key more than once if it changed. */
  copied = 0;
  private cursor: string | undefined = undefined;
  private readonly reader: BatchedSender;
  /** The batch that is being written. */
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly redis: RedisServer,
    private readonly targetOf: TargetOf,
    private readonly pace: Pace,
  ) {
    this.reader = new BatchedSender((commands) => redis.eachInBytes(commands));
  }

  /** Begins a scan of all keys. */
  restart(): void {
    this.cursor = '0';
  }

  get isScanned(): boolean {
    return this.cursor === undefined && this.found.size === 0;
  }

  /** Notes a change, if the key moves. */
  changed(key: Buffer): void {
    if (this.targetOf(key) !== undefined) this.pending.add(key);
  }

  /** Copies what changed, and then a part of what the scan finds. Returns whether there was something to do. */
  async step(): Promise<boolean> {
    const changed = this.pending.take(BATCH);
    if (changed.length > 0) {
      await this.copy(changed);
      return true;
    }
    if (this.found.size > 0) return this.copyFound();
    if (this.cursor === undefined) {
      await this.writing;
      return false;
    }
    await this.scan(this.cursor);
    return true;
  }

  /** Copies everything that has changed so far. */
  async drain(): Promise<void> {
    for (const key of this.found.take(this.found.size)) this.pending.add(key);
    for (let keys = this.pending.take(BATCH); keys.length > 0; keys = this.pending.take(BATCH)) await this.copy(keys);
    await this.writing;
  }

  /** Copies every moving stream once more. */
  async copyStreams(): Promise<void> {
    for (let keys = this.streams.take(BATCH); keys.length > 0; keys = this.streams.take(BATCH)) {
      for (const key of keys) this.pending.add(key);
    }
    await this.drain();
  }

  private async scan(cursor: string): Promise<void> {
    const [result] = await this.redis.eachInBytes([['SCAN', cursor, 'COUNT', 10 * BATCH]]);
    if (result instanceof Error) throw result;
    const [next, keys] = result as [Buffer, Buffer[]];
    for (const key of keys) if (this.targetOf(key) !== undefined) this.found.add(key);
    this.cursor = String(next) === '0' ? undefined : String(next);
  }

  /** Copies some keys that the scan has found, unless it is too early. */
  private async copyFound(): Promise<boolean> {
    if (!this.pace.isDue) return false;
    const keys = this.found.take(BATCH);
    const before = this.reader.bytes;
    await this.copy(keys);
    this.pace.spend(keys.length, this.reader.bytes - before);
    return true;
  }

  private async copy(keys: readonly Buffer[]): Promise<void> {
    const results = await this.reader.send(
      keys.flatMap((key): CommandLine[] => [
        ['DUMP', key],
        ['PEXPIRETIME', key],
      ]),
    );
    const commands = this.commandsFor(keys, results);
    await this.writing;
    this.writing = this.write(commands, keys.length);
    // An error is thrown where it is awaited.
    this.writing.catch(() => undefined);
  }

  private async write(byTarget: ReadonlyMap<RedisServer, CommandLine[]>, keys: number): Promise<void> {
    await Promise.all([...byTarget].map(([target, commands]) => target.all(commands)));
    this.copied += keys;
  }

  private commandsFor(keys: readonly Buffer[], results: readonly unknown[]): Map<RedisServer, CommandLine[]> {
    const byTarget = new Map<RedisServer, CommandLine[]>();
    keys.forEach((key, i) => {
      const target = this.targetOf(key);
      if (target === undefined) return;
      const commands = byTarget.get(target) ?? [];
      byTarget.set(target, commands);
      commands.push(this.commandFor(key, results[2 * i], results[2 * i + 1]));
    });
    return byTarget;
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
