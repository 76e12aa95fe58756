// The progress of all shards: how many are in each state, how much is copied, and the time left.

import { type Progress } from './report';

export class FleetProgress {
  private readonly shards = new Map<number, Progress>();
  private readonly start = Date.now();

  constructor(private readonly total: number) {}

  /** Records the progress of a shard; returns whether its state or detail changed. */
  update(progress: Progress): boolean {
    const before = this.shards.get(progress.shard);
    this.shards.set(progress.shard, progress);
    return before?.state !== progress.state || before.detail !== progress.detail;
  }

  get done(): number {
    return this.all.filter(({ isDone }) => isDone).length;
  }

  get share(): number {
    const parts = this.all.map(({ isDone, bytes = 0, bytesInAll }) =>
      isDone ? 1 : bytesInAll ? (bytes / bytesInAll) * 0.99 : 0,
    );
    return parts.reduce((sum, part) => sum + part, 0) / Math.max(1, this.total);
  }

  /** Estimated seconds until all shards are done. */
  get secondsLeft(): number | undefined {
    const seconds = (Date.now() - this.start) / 1000;
    return this.share > 0.01 && seconds > 1 ? (seconds / this.share) * (1 - this.share) : undefined;
  }

  /** Active shards, in the order in which they started. */
  get active(): Progress[] {
    return this.all.filter(({ state }) => state !== 'done' && state !== 'skipped');
  }

  /** `12 of 108 done · 3 syncing · 45 MiB of 1.2 GiB · lag 0 B · about 2 min left` */
  get line(): string {
    const { bytes, bytesInAll, lag } = this.sums;
    return [
      `${this.done} of ${this.total} done`,
      ...[...this.states].flatMap(([state, number]) => (state === 'done' ? [] : [`${number} ${state}`])),
      ...(bytesInAll > 0 ? [`${size(bytes)} of ${size(bytesInAll)} on the way`] : []),
      ...(lag > 0 ? [`largest lag ${size(lag)}`] : []),
      ...(this.done < this.total && this.secondsLeft !== undefined ? [`about ${duration(this.secondsLeft)} left`] : []),
    ].join(' · ');
  }

  /** The number of shards in each state; those that have not started have none. */
  get states(): ReadonlyMap<string, number> {
    const states = new Map<string, number>();
    for (const { state, isDone } of this.all) {
      const name = isDone ? 'done' : state;
      states.set(name, (states.get(name) ?? 0) + 1);
    }
    return states;
  }

  /** Of the active shards: what has arrived of the synchronizations, and the largest lag. */
  get sums(): { bytes: number; bytesInAll: number; lag: number } {
    const sum = (of: (progress: Progress) => number): number => this.active.reduce((total, it) => total + of(it), 0);
    return {
      bytes: sum(({ bytes = 0 }) => bytes),
      bytesInAll: sum(({ bytesInAll = 0 }) => bytesInAll),
      lag: Math.max(0, ...this.active.map(({ lag = 0 }) => lag)),
    };
  }

  private get all(): Progress[] {
    return [...this.shards.values()];
  }
}

/** `3.4 MiB` */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}

/** `40 s`, `3 min`, `2 h 5 min` */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
