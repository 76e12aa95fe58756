// A ring as arcs: runs of positions on a circle that belong to one server, and what can be counted on them.

/** Positions 0 to `period - 1`, cut into arcs. A hash value stands at the position `value mod period`. */
export interface Arcs {
  readonly period: number;

  /** Each arc's last position, ascending up to `period - 1`. Of arcs that end together only the first is not empty. */
  readonly lasts: Uint32Array;

  /** Each arc's server, as its place in the pool. */
  readonly owners: Uint32Array;

  /** How many servers the pool has, those without an arc included. */
  readonly servers: number;
}

/** The whole circle in the hands of one server. */
export const ONE_ARC: Arcs = { period: 1, lasts: Uint32Array.of(0), owners: Uint32Array.of(0), servers: 1 };

/** The first arc that ends at the position or behind it. */
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
 * How many of the hash values 0 to `values - 1` belong to server i on one circle and to server j on the other. Every
 * count is exact: a whole number below 2^53.
 *
 * Two circles repeat together after the least common multiple of their periods, so no more than that is walked: arc by
 * arc of the circle with the longer arcs, and for each over the arcs of the other, its whole turns at once.
 */
export function countPairs(one: Arcs, other: Arcs, values: number): PairCounts {
  if (meanArc(one) < meanArc(other)) return countPairs(other, one, values).transposed();
  const pairs = new PairCounts(one.servers, other.servers);
  const together = Math.min(values, leastCommonMultiple(one.period, other.period));
  addPairs(pairs, one, other, together, Math.floor(values / together));
  addPairs(pairs, one, other, values % together, 1);
  return pairs;
}

/** A matrix of counts, a row for each server of one pool and a column for each of another. */
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

/** Adds what stands at `length` positions of the circle, at most once around. */
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
