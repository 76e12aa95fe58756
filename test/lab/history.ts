// What clients wrote and read, when, and whether one register a key could have answered so: linearizability.
//
// Every value is written once, so it is known which write a read has seen, and the check is exact and needs a sort
// only: the zones of P. B. Gibbons and E. Korach, "Testing Shared Memories", SIAM Journal on Computing 26 (1997). A
// cluster is a write with its reads, and has to be lined up without a gap. Cluster A cannot stand wholly before B when
// an operation of B ended before one of A began: B.firstEnd < A.lastStart. There is an order if and only if no two
// clusters forbid each other both ways (of a longer ring of clusters, the one with the smallest firstEnd and its
// predecessor do already) and no read ended before its write began.

/** A command on one key, in milliseconds of one clock. */
export interface Operation {
  /** Who sent it. */
  readonly client: number | string;
  readonly key: string;
  readonly kind: 'read' | 'write';
  /** What was written or read; null where there was nothing. */
  readonly value: string | null;
  readonly start: number;
  readonly end: number;
  /** Whether it was answered. A write that was not may have taken effect since its start, or may do so later. */
  readonly ok: boolean;
}

/** What no register could have answered. */
export interface Violation {
  readonly key: string;
  readonly reason: string;
  /** The operations that contradict each other, by their start. */
  readonly operations: readonly Operation[];
}

/** The initial value of every key stands for a write before all others. */
const BEFORE_ALL = {
  client: 'nobody',
  kind: 'write',
  value: null,
  start: -Infinity,
  end: -Infinity,
  ok: true,
} as const;

export class History {
  private readonly keys = new Map<string, Operation[]>();
  private count = 0;

  /** How many operations were recorded. */
  get size(): number {
    return this.count;
  }

  record(operation: Operation): void {
    this.count++;
    const operations = this.keys.get(operation.key);
    if (operations === undefined) this.keys.set(operation.key, [operation]);
    else operations.push(operation);
  }

  /** All that is wrong, key by key; of a key with a value from nowhere nothing else is said. */
  violations(): Violation[] {
    return [...this.keys].flatMap(([key, operations]) => check(key, operations));
  }

  /** The keys of which an acknowledged write was lost: something older was read after it, or is there at the end if that is known. */
  lost(final?: ReadonlyMap<string, string | null>): string[] {
    const atEnd = (key: string): Seen[] => (final ? [{ value: final.get(key) ?? null, start: Infinity }] : []);
    return [...this.keys].filter(([key, operations]) => isLost(operations, atEnd(key))).map(([key]) => key);
  }
}

/** A value, and when whoever has seen it began to look. */
type Seen = Pick<Operation, 'value' | 'start'>;

/** A violation for a person to read. */
export function describe({ key, reason, operations }: Violation): string {
  const lines = operations.map(({ client, kind, value, start, end, ok }) => {
    const time = ok ? `${start.toFixed(3)} to ${end.toFixed(3)} ms` : `from ${start.toFixed(3)} ms, never answered`;
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

  /** By this time the value was there. */
  get firstEnd(): number {
    return endOf(this.first);
  }

  /** At this time the value was there still, or again. */
  get lastStart(): number {
    return this.last.start;
  }

  /** A forward zone: from the one time to the other the register has to hold this value. */
  get isForward(): boolean {
    return this.firstEnd < this.lastStart;
  }

  get zoneStart(): number {
    return Math.min(this.firstEnd, this.lastStart);
  }
}

/** A write that nobody has answered ends never. */
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
      violations.push({ key, reason: 'a value that nobody wrote was read', operations: [operation] });
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

/** A write that was neither answered nor seen may as well never have happened. */
function tookEffect({ firstEnd }: Cluster): boolean {
  return firstEnd < Infinity;
}

/**
 * Two forward zones that overlap, or a backward zone within a forward one, found in one sweep along the time. A stale read
 * contradicts everything that was written since: the first contradiction is enough.
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

/** Whether somebody saw a value whose write ended before another one began, which had been acknowledged by then. */
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
