// A ring as arcs: runs of positions on a circle that belong to one server.

/** Positions 0 to `period - 1`, cut into arcs. A hash value is at the position `value mod period`. */
export interface Arcs {
  readonly period: number;

  /** Each arc's last position, ascending up to `period - 1`. If several arcs end at one position, only the first is not empty. */
  readonly lasts: Uint32Array;

  /** Each arc's server, as an index into the pool. */
  readonly owners: Uint32Array;

  /** The number of servers in the pool, including those without an arc. */
  readonly servers: number;
}

/** A circle that belongs to one server. */
export const ONE_ARC: Arcs = { period: 1, lasts: Uint32Array.of(0), owners: Uint32Array.of(0), servers: 1 };

/** The index of the first arc that ends at or after the position. */
export function arcAt(lasts: Uint32Array, position: number): number {
  let low = 0;
  let high = lasts.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (lasts[middle] < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Counts the hash values 0 to `values - 1` that belong to server i on one circle and to server j on the other. Every
 * count is exact: a whole number below 2^53.
 *
 * Two circles repeat after the least common multiple of their periods, so only that part is walked: arc by arc on the
 * circle with the longer arcs, and within each over the arcs of the other, whole turns at once.
 */
export function countPairs(one: Arcs, other: Arcs, values: number): PairCounts {
  if (meanArc(one) < meanArc(other)) return countPairs(other, one, values).transposed();
  const pairs = new PairCounts(one.servers, other.servers);
  const together = Math.min(values, leastCommonMultiple(one.period, other.period));
  addPairs(pairs, one, other, together, Math.floor(values / together));
  addPairs(pairs, one, other, values % together, 1);
  return pairs;
}

/** A matrix of counts: a row for each server of one pool, a column for each server of another. */
export class PairCounts {
  private readonly counts: Float64Array;

  constructor(
    readonly rows: number,
    readonly columns: number,
  ) {
    this.counts = new Float64Array(rows * columns);
  }

  of(row: number, column: number): number {
    return this.counts[row * this.columns + column];
  }

  add(row: number, column: number, count: number): void {
    this.counts[row * this.columns + column] += count;
  }

  transposed(): PairCounts {
    const result = new PairCounts(this.columns, this.rows);
    for (let row = 0; row < this.rows; row++) {
      for (let column = 0; column < this.columns; column++) result.add(column, row, this.of(row, column));
    }
    return result;
  }
}

function addPairs(pairs: PairCounts, outer: Arcs, inner: Arcs, values: number, times: number): void {
  const turns = new Float64Array(outer.servers);
  for (let turn = 0; turn < values; turn += outer.period) {
    let from = turn;
    for (let i = 0; i < outer.lasts.length && from < values; i++) {
      const to = Math.min(turn + outer.lasts[i] + 1, values);
      const whole = Math.floor((to - from) / inner.period);
      turns[outer.owners[i]] += whole;
      addRow(pairs, outer.owners[i], inner, from % inner.period, to - from - whole * inner.period, times);
      from = to;
    }
  }
  turns.forEach((whole, owner) => {
    if (whole > 0) addRow(pairs, owner, inner, 0, inner.period, whole * times);
  });
}

/** Adds the counts of `length` positions of the circle, at most one turn. */
function addRow(pairs: PairCounts, row: number, arcs: Arcs, start: number, length: number, times: number): void {
  let position = start;
  let left = length;
  for (let i = arcAt(arcs.lasts, start); left > 0; i++) {
    if (i === arcs.lasts.length) i = position = 0;
    const count = Math.min(left, arcs.lasts[i] + 1 - position);
    pairs.add(row, arcs.owners[i], count * times);
    position += count;
    left -= count;
  }
}

function meanArc(arcs: Arcs): number {
  return arcs.period / arcs.lasts.length;
}

function leastCommonMultiple(a: number, b: number): number {
  let [large, small] = [a, b];
  while (small !== 0) [large, small] = [small, large % small];
  return (a / large) * b;
}
