// The history of what clients wrote and read, and a check that each key behaves like one register: linearizability.
//
// Every value is written once, so it is known which write a read has seen, and the check is exact and only needs a sort:
// the zones of P. B. Gibbons and E. Korach, "Testing Shared Memories", SIAM Journal on Computing 26 (1997). A
// cluster is a write with its reads, and must be ordered without a gap. Cluster A cannot be entirely before B if an
// operation of B ended before one of A began: B.firstEnd < A.lastStart. A valid order exists if and only if no two
// clusters exclude each other in both directions (in a longer cycle of clusters, the one with the smallest firstEnd and
// its predecessor already do) and no read ended before its write began.

/** A command on one key, in milliseconds of one clock. */
export interface Operation {
  /** The client that sent it. */
  readonly client: number | string;
  readonly key: string;
  readonly kind: 'read' | 'write';
  /** The written or read value; null for a missing key. */
  readonly value: string | null;
  readonly start: number;
  readonly end: number;
  /** Whether there was a reply. A write without a reply may have taken effect since its start, or may do so later. */
  readonly ok: boolean;
}

/** Operations that no register allows. */
export interface Violation {
  readonly key: string;
  readonly reason: string;
  /** The contradicting operations, in the order of their start. */
  readonly operations: readonly Operation[];
}

/** The initial value of every key stands for a write before all others. */
const BEFORE_ALL = {
  client: 'none',
  kind: 'write',
  value: null,
  start: -Infinity,
  end: -Infinity,
  ok: true,
} as const;

export class History {
  private readonly keys = new Map<string, Operation[]>();
  private recorded = 0;

  /** The number of recorded operations. */
  get size(): number {
    return this.recorded;
  }

  record(operation: Operation): void {
    this.recorded++;
    const operations = this.keys.get(operation.key);
    if (operations === undefined) this.keys.set(operation.key, [operation]);
    else operations.push(operation);
  }

  /** The number of operations for which the condition holds. */
  count(condition: (operation: Operation) => boolean): number {
    return [...this.keys.values()].flat().filter(condition).length;
  }

  /**
   * The same history, in which a fault may have undone the writes that were acknowledged in some time, on some keys: they count as
   * writes without a reply, and nothing is concluded from reads of their values in that time, nor from reads that may be stale.
   */
  forgiving(
    mayBeUndone: (operation: Operation) => boolean,
    mayBeStale: (read: Operation) => boolean = () => false,
  ): History {
    const forgiven = new History();
    for (const [key, operations] of this.keys) {
      const undone = new Set(
        operations.filter((it) => it.kind === 'write' && mayBeUndone(it)).map(({ value }) => value),
      );
      for (const it of operations) {
        const isForgiven = (undone.has(it.value) && mayBeUndone(it)) || (it.kind === 'read' && mayBeStale(it));
        forgiven.record({ ...it, key, ok: it.ok && !isForgiven });
      }
    }
    return forgiven;
  }

  /** All violations, by key. For a key with a value that was never written, no others are reported. */
  violations(): Violation[] {
    return [...this.keys].flatMap(([key, operations]) => check(key, operations));
  }

  /** The keys that lost an acknowledged write: an older value was read after it, or is the final value if that is known. */
  lost(final?: ReadonlyMap<string, string | null>): string[] {
    const atEnd = (key: string): Seen[] => (final ? [{ value: final.get(key) ?? null, start: Infinity }] : []);
    return [...this.keys].filter(([key, operations]) => isLost(operations, atEnd(key))).map(([key]) => key);
  }
}

/** A value that was seen, and when the read started. */
type Seen = Pick<Operation, 'value' | 'start'>;

/** A violation in words. */
export function describe({ key, reason, operations }: Violation): string {
  const lines = operations.map(({ client, kind, value, start, end, ok }) => {
    const time = ok ? `${start.toFixed(3)} to ${end.toFixed(3)} ms` : `from ${start.toFixed(3)} ms, without a reply`;
    return `  client ${client}: ${kind} ${JSON.stringify(value)}, ${time}`;
  });
  return [`${key}: ${reason}`, ...lines].join('\n');
}

/** A write and the reads that saw it. */
class Cluster {
  /** The operation that ended first. */
  first: Operation;
  /** The operation that started last. */
  last: Operation;

  constructor(readonly write: Operation) {
    this.first = write;
    this.last = write;
  }

  add(read: Operation): void {
    if (read.end < endOf(this.first)) this.first = read;
    if (read.start > this.last.start) this.last = read;
  }

  /** By this time, the register had the value. */
  get firstEnd(): number {
    return endOf(this.first);
  }

  /** At this time, the register still had the value, or had it again. */
  get lastStart(): number {
    return this.last.start;
  }

  /** A forward zone: between the two times, the register must have this value. */
  get isForward(): boolean {
    return this.firstEnd < this.lastStart;
  }

  get zoneStart(): number {
    return Math.min(this.firstEnd, this.lastStart);
  }
}

/** A write without a reply never ends. */
function endOf(operation: Operation): number {
  return operation.ok ? operation.end : Infinity;
}

function check(key: string, operations: readonly Operation[]): Violation[] {
  const clusters = new Map<string | null, Cluster>([[null, new Cluster({ key, ...BEFORE_ALL })]]);
  for (const operation of operations) {
    if (operation.kind === 'read') continue;
    if (clusters.has(operation.value)) throw new Error(`${key}: ${String(operation.value)} was written twice`);
    clusters.set(operation.value, new Cluster(operation));
  }
  const violations: Violation[] = [];
  for (const operation of operations) {
    if (operation.kind === 'write' || !operation.ok) continue;
    const cluster = clusters.get(operation.value);
    if (cluster === undefined) {
      violations.push({ key, reason: 'a value that was never written was read', operations: [operation] });
    } else if (operation.end < cluster.write.start) {
      violations.push({
        key,
        reason: 'a value was read before it was written',
        operations: [operation, cluster.write],
      });
    } else cluster.add(operation);
  }
  return violations.length > 0 ? violations : conflicts(key, [...clusters.values()].filter(tookEffect));
}

/** A write that was neither acknowledged nor seen may not have happened. */
function tookEffect({ firstEnd }: Cluster): boolean {
  return firstEnd < Infinity;
}

/**
 * Finds two overlapping forward zones, or a backward zone within a forward one, in one sweep over time. A stale read
 * contradicts every later write: the first contradiction is enough.
 */
function conflicts(key: string, clusters: Cluster[]): Violation[] {
  clusters.sort((a, b) => a.zoneStart - b.zoneStart || Number(a.isForward) - Number(b.isForward));
  const violations: Violation[] = [];
  let reach: Cluster | undefined;
  let reported: Cluster | undefined;
  for (const cluster of clusters) {
    if (reach !== undefined && reach !== reported && cluster.firstEnd < reach.lastStart) {
      violations.push(conflict(key, reach, cluster));
      reported = reach;
    }
    if (cluster.isForward && !(reach && cluster.lastStart < reach.lastStart)) reach = cluster;
  }
  return violations;
}

function conflict(key: string, a: Cluster, b: Cluster): Violation {
  const operations = [...new Set([a.write, a.first, a.last, b.write, b.first, b.last])];
  return {
    key,
    reason: `${JSON.stringify(a.write.value)} was there before ${JSON.stringify(b.write.value)}, and after it as well`,
    operations: operations.filter(({ start }) => start > -Infinity).sort((one, other) => one.start - other.start),
  };
}

/** Whether a value was seen whose write had ended before another write began that was already acknowledged. */
function isLost(operations: readonly Operation[], atEnd: readonly Seen[]): boolean {
  const writes = operations.filter(({ kind }) => kind === 'write');
  const endOfWrite = new Map(writes.map((write) => [write.value, endOf(write)]));
  const acknowledged = writes.filter(({ ok }) => ok).sort((a, b) => a.end - b.end);
  const reads = operations.filter(({ kind, ok }) => kind === 'read' && ok).sort((a, b) => a.start - b.start);
  let next = 0;
  let lastStart = -Infinity;
  return [...reads, ...atEnd].some(({ value, start }) => {
    for (; next < acknowledged.length && acknowledged[next].end < start; next++) {
      lastStart = Math.max(lastStart, acknowledged[next].start);
    }
    return (endOfWrite.get(value) ?? -Infinity) < lastStart;
  });
}
