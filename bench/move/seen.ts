// What clients see while something happens to a fleet.

import { type LoadProps } from '../../test/lab/load';
import { type LabMove } from '../../test/lab/move';
import { median, ms, quantile, sleep, timeOf } from '../table';

/** Until every client has found its way before, and after. */
const SETTLE_MS = 1000;

export class Seen {
  /** The longest time from a success to the next of every shard, in milliseconds. */
  readonly gaps: number[] = [];
  /** How long what happened took, in milliseconds. */
  readonly times: number[] = [];
  /** Milliseconds from a success to the next of a shard. */
  private readonly resolutions: number[] = [];

  /** Each client keeps to one shard, so that waiting for one leaves no gap at another. */
  constructor(private readonly load: Pick<LoadProps, 'clients' | 'clientsPerShard' | 'operationsPerSecond'>) {}

  async during(move: LabMove, work: () => Promise<unknown>): Promise<void> {
    const load = await move.load(this.load);
    await sleep(SETTLE_MS);
    load.takeGaps();
    const before = load.history.size;
    const time = await timeOf(work);
    await sleep(SETTLE_MS);
    this.gaps.push(...load.takeGaps());
    this.times.push(time);
    this.resolutions.push(((time + SETTLE_MS) * move.ordinals.length) / (load.history.size - before));
    await load.end();
  }

  get cells(): string[] {
    const figures = [median(this.gaps), quantile(this.gaps, 0.99), Math.max(...this.gaps), median(this.resolutions)];
    return figures.map(ms);
  }
}

export const COLUMNS = ['median', 'p99', 'longest', 'a success in'];
