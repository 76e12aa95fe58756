// How fast keys are copied for the first time, so that clients of the servers notice little. Changes are copied at once.

/** A larger value counts as one key for each of these. */
const BYTES_OF_KEY = 1024;

/** So much of the time that passed is made up for, since nothing happens exactly in time. */
const LATE_MS = 10;

/** The keys that a number of bytes counts as, if they are more. */
export function keysOf(keys: number, bytes: number): number {
  return Math.max(keys, bytes / BYTES_OF_KEY);
}

/** One for all servers: the program and the network are shared, too. */
export class Pace {
  private next = 0;

  /** @param rate keys per second */
  constructor(private readonly rate: number) {}

  get isDue(): boolean {
    return performance.now() >= this.next;
  }

  spend(keys: number, bytes: number): void {
    this.next = Math.max(this.next, performance.now() - LATE_MS) + (1000 * keysOf(keys, bytes)) / this.rate;
  }
}
