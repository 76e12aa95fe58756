// balance FILE: each server's share of the key space, and of given keys.

import { type HashRing, type ServerShare } from '../../lib/nutcracker';
import { clumpSize } from '../../lib/nutcracker/sample-balance';
import { type CommandResult, ExitCode } from '../output/result';
import { type KeyVisitor } from '../input/key-lines';
import { type Column, count, type Paint, share, table } from '../output/text';

/** The shares of each pool's servers. */
export class Balance implements CommandResult {
  readonly exitCode = ExitCode.SUCCESS;
  private readonly pools: readonly PoolBalance[];

  constructor(rings: readonly HashRing[], withKeys: boolean) {
    this.pools = rings.map((ring) => new PoolBalance(ring, withKeys));
  }

  /** Counts a key in every pool. */
  readonly add: KeyVisitor = (bytes, start, end) => {
    for (const pool of this.pools) pool.add(bytes, start, end);
  };

  get json(): object {
    return { pools: this.pools.map((pool) => pool.json) };
  }

  lines(paint: Paint): string[] {
    return this.pools.flatMap((pool, i) => [...(i === 0 ? [] : ['']), ...pool.lines(paint)]);
  }
}

class PoolBalance {
  private readonly shares: readonly ServerShare[];
  private readonly counts: number[] | undefined;

  constructor(
    private readonly ring: HashRing,
    withKeys: boolean,
  ) {
    this.shares = ring.keyShare();
    if (withKeys) this.counts = this.shares.map(() => 0);
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    if (this.counts !== undefined) this.counts[this.ring._indexOf(bytes, start, end)]++;
  }

  get json(): object {
    const { counts, keyShares, total } = this;
    return {
      pool: this.ring.pool.name,
      servers: this.shares.map((part, i) => ({
        index: part.index,
        server: part.server.ringName,
        address: part.server.address,
        weight: part.server.weight,
        share: part.share,
        ...(counts && { keys: counts[i], shareOfKeys: keyShares[i] }),
      })),
      share: spreadOf(this.shares.map((part) => part.share)),
      ...(counts && {
        keys: total,
        shareOfKeys: spreadOf(keyShares),
        serversWithoutKeys: this.withoutKeys,
        clumpSize: clumpSize(this.ring, counts),
      }),
    };
  }

  lines(paint: Paint): string[] {
    const { counts, keyShares } = this;
    const rows = this.shares.map(({ server, index, share: part }, i) => [
      String(index),
      server.ringName,
      server.address,
      String(server.weight),
      share(part),
      ...(counts ? [String(counts[i]), share(keyShares[i])] : []),
    ]);
    const arcs = spreadOf(this.shares.map((part) => part.share));
    const keys = spreadOf(keyShares);
    const summary = SPREAD.map(({ field, title }) => [
      ...['', title, '', '', share(arcs[field])],
      ...(counts ? ['', share(keys[field])] : []),
    ]);
    return [
      paint.heading(`pool ${JSON.stringify(this.ring.pool.name)}`),
      ...table(counts ? [...COLUMNS, ...KEY_COLUMNS] : COLUMNS, [...rows, [], ...summary], paint),
      ...(counts ? ['', this.keySummary(counts)] : []),
    ];
  }

  private keySummary(counts: readonly number[]): string {
    const clumps = clumpSize(this.ring, counts).toPrecision(3);
    return (
      `${count(this.total, 'key')}; ${this.withoutKeys} of ${count(counts.length, 'server')} have none; ` +
      `as uneven as clumps of ${Number(clumps)} at random`
    );
  }

  private get total(): number {
    return (this.counts ?? []).reduce((sum, one) => sum + one, 0);
  }

  private get withoutKeys(): number {
    return (this.counts ?? []).filter((one) => one === 0).length;
  }

  private get keyShares(): number[] {
    const total = Math.max(this.total, 1);
    return (this.counts ?? []).map((one) => one / total);
  }
}

const COLUMNS: readonly Column[] = [
  { title: 'index', isNumber: true },
  { title: 'server' },
  { title: 'address' },
  { title: 'weight', isNumber: true },
  { title: 'share', isNumber: true },
];
const KEY_COLUMNS: readonly Column[] = [
  { title: 'keys', isNumber: true },
  { title: 'of keys', isNumber: true },
];

/** A summary of shares. The standard deviation is that of the population, not of a sample. */
interface Spread {
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
  readonly standardDeviation: number;
}

const SPREAD: readonly { readonly field: keyof Spread; readonly title: string }[] = [
  { field: 'minimum', title: 'minimum' },
  { field: 'maximum', title: 'maximum' },
  { field: 'mean', title: 'mean' },
  { field: 'standardDeviation', title: 'std. deviation' },
];

function spreadOf(shares: readonly number[]): Spread {
  const mean = shares.reduce((sum, one) => sum + one, 0) / shares.length;
  const variance = shares.reduce((sum, one) => sum + (one - mean) ** 2, 0) / shares.length;
  return {
    minimum: Math.min(...shares),
    maximum: Math.max(...shares),
    mean,
    standardDeviation: Math.sqrt(variance),
  };
}
