// Measures the gaps that clients see during an operation on a fleet.

import { type LoadProps } from '../../test/lab/load';
import { type LabMove } from '../../test/lab/move';
import { median, ms, quantile, sleep, timeOf } from '../table';

/** Clients run this long before and after the operation. */
const SETTLE_MS = 1000;

export class GapMeasurement {
  /** The longest time between two successes of each shard, in milliseconds. */
  readonly gaps: number[] = [];
  /** The duration of each operation, in milliseconds. */
  readonly times: number[] = [];
  /** The mean time between two successes of a shard, in milliseconds. */
  private readonly resolutions: number[] = [];

  /** Each client uses a single shard, so that a gap of one shard does not affect the others. */
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
