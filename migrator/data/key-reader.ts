// Reads keys of one server: type, expiry and a digest of the content.

import { type SendCommands } from '../redis/command-sender';
import { dumped, type Reading, readingOf } from './content';
import { clockOf, type KeySnapshot } from './key-snapshot';
import { BatchedSender } from './batches';
import { type CommandLine, ServerError } from '../redis/server';

export class KeyReader {
  /** First reads have similar sizes, and so have later reads. */
  private readonly firstReads: BatchedSender;
  private readonly laterReads: BatchedSender;

  /** @param dumps whether values of types that are not built in are read with DUMP */
  constructor(
    readonly send: SendCommands,
    private readonly dumps: boolean,
  ) {
    this.firstReads = new BatchedSender(send);
    this.laterReads = new BatchedSender(send);
  }

  /** Bytes of content that have been read so far. */
  get bytes(): number {
    return this.firstReads.bytes + this.laterReads.bytes;
  }

  /** Reads keys of the selected database. Throws a ServerError. */
  async snapshotsOf(keys: readonly Buffer[]): Promise<KeySnapshot[]> {
    const first = await this.send([
      ['TIME'],
      ...keys.flatMap((key): CommandLine[] => [
        ['TYPE', key],
        ['PTTL', key],
      ]),
      ['TIME'],
    ]);
    const [time, ...results] = first.map(orThrow);
    const at = clockOf(time);
    const took = clockOf(results.pop()) - at;
    const snapshots = keys.map((_, i) => snapshotOf(String(results[2 * i]), Number(results[2 * i + 1]), at, took));
    const readings = snapshots.map(({ type }, i) => {
      if (type === 'none') return undefined;
      return readingOf(type, keys[i]) ?? (this.dumps ? dumped(keys[i]) : undefined);
    });
    const digests = await this.digestsOf(readings);
    return snapshots.map((snapshot, i) => ({
      ...snapshot,
      digest: digests[i],
      isComparable: snapshot.type === 'none' || readings[i] !== undefined,
    }));
  }

  /** Advances all readings together, one command of each at a time. */
  private async digestsOf(readings: readonly (Reading | undefined)[]): Promise<(string | undefined)[]> {
    const digests: (string | undefined)[] = readings.map(() => undefined);
    let going = readings.flatMap((reading, i) => {
      const command = reading?.next().value;
      return reading === undefined || command === undefined ? [] : [{ i, reading, command: command as CommandLine }];
    });
    for (let { send } = this.firstReads; going.length > 0; { send } = this.laterReads) {
      const results = await send(going.map(({ command }) => command));
      going = going.flatMap(({ i, reading }, j) => {
        if (hasChanged(results[j])) return [];
        const step = reading.next(orThrow(results[j]));
        if (!step.done) return [{ i, reading, command: step.value }];
        digests[i] = step.value;
        return [];
      });
    }
    return digests;
  }
}

function snapshotOf(type: string, ttl: number, at: number, took: number): Omit<KeySnapshot, 'digest' | 'isComparable'> {
  // Before 3.2, a replica shows expired keys with a TTL of 0.
  if (type === 'none' || ttl === -2 || ttl === 0) return { type: 'none', at, took };
  return ttl < 0 ? { type, at, took } : { type, at, took, expiresAt: at + ttl };
}

/** The result if a key was deleted or replaced after its type was read. */
function hasChanged(result: unknown): boolean {
  if (result === null) return true;
  return result instanceof ServerError && /WRONGTYPE|no such key|NOGROUP/i.test(result.message);
}

function orThrow(result: unknown): unknown {
  if (result instanceof Error) throw result;
  return result;
}
