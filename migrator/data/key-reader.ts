// Reads keys of one server: type, expiry, and content as a digest.

import { type SendCommands } from '../redis/command-sender';
import { dumped, type Reading, readingOf } from './content';
import { clockOf, type KeySnapshot } from './key-snapshot';
import { BatchedSender } from './batches';
import { type CommandLine, ServerError } from '../redis/server';

export class KeyReader {
  /** Beginnings of values are alike in size, and so is what comes after them. */
  private readonly firstReads: BatchedSender;
  private readonly laterReads: BatchedSender;

  /** @param dumps whether values of types that are not Redis's own are read as the server dumps them */
  constructor(
    readonly ask: SendCommands,
    private readonly dumps: boolean,
  ) {
    this.firstReads = new BatchedSender(ask);
    this.laterReads = new BatchedSender(ask);
  }

  /** Bytes of content that were read so far. */
  get bytes(): number {
    return this.firstReads.bytes + this.laterReads.bytes;
  }

  /** Looks at keys of the selected database. Throws a ServerError. */
  async snapshotsOf(keys: readonly Buffer[]): Promise<KeySnapshot[]> {
    const first = await this.ask([
      ['TIME'],
      ...keys.flatMap((key): CommandLine[] => [
        ['TYPE', key],
        ['PTTL', key],
      ]),
      ['TIME'],
    ]);
    const [time, ...facts] = first.map(orThrow);
    const at = clockOf(time);
    const took = clockOf(facts.pop()) - at;
    const looks = keys.map((_, i) => snapshotOf(String(facts[2 * i]), Number(facts[2 * i + 1]), at, took));
    const readings = looks.map(({ type }, i) => {
      if (type === 'none') return undefined;
      return readingOf(type, keys[i]) ?? (this.dumps ? dumped(keys[i]) : undefined);
    });
    const digests = await this.digestsOf(readings);
    return looks.map((look, i) => ({
      ...look,
      digest: digests[i],
      isComparable: look.type === 'none' || readings[i] !== undefined,
    }));
  }

  /** Has all readings go on together, a command of each at a time. */
  private async digestsOf(readings: readonly (Reading | undefined)[]): Promise<(string | undefined)[]> {
    const digests: (string | undefined)[] = readings.map(() => undefined);
    let going = readings.flatMap((reading, i) => {
      const command = reading?.next().value;
      return reading === undefined || command === undefined ? [] : [{ i, reading, command: command as CommandLine }];
    });
    for (let { ask } = this.firstReads; going.length > 0; { ask } = this.laterReads) {
      const answers = await ask(going.map(({ command }) => command));
      going = going.flatMap(({ i, reading }, j) => {
        if (hasChanged(answers[j])) return [];
        const step = reading.next(orThrow(answers[j]));
        if (!step.done) return [{ i, reading, command: step.value }];
        digests[i] = step.value;
        return [];
      });
    }
    return digests;
  }
}

function snapshotOf(type: string, ttl: number, at: number, took: number): Omit<KeySnapshot, 'digest' | 'isComparable'> {
  // Before 3.2, a replica shows keys whose time is over: they have 0 left.
  if (type === 'none' || ttl === -2 || ttl === 0) return { type: 'none', at, took };
  return ttl < 0 ? { type, at, took } : { type, at, took, expiresAt: at + ttl };
}

/** What is said when a key is gone, or another one, since its type was asked. */
function hasChanged(answer: unknown): boolean {
  if (answer === null) return true;
  return answer instanceof ServerError && /WRONGTYPE|no such key|NOGROUP/i.test(answer.message);
}

function orThrow(answer: unknown): unknown {
  if (answer instanceof Error) throw answer;
  return answer;
}
