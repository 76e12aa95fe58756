// What a server says of a key, and how what two servers say differs.

export interface KeySnapshot {
  /** As TYPE gives it; `none` if there is no such key. */
  readonly type: string;
  /** When it expires, in milliseconds by the server's own clock. */
  readonly expiresAt?: number;
  /** The server's clock at this look. */
  readonly at: number;
  /** Milliseconds that it took, by as many of which `expiresAt` may be too early. */
  readonly took: number;
  /** Of the content; nothing if the key changed while it was read, or is of a type that cannot be compared. */
  readonly digest?: string;
  /** Whether it is of a type that can be compared. */
  readonly isComparable: boolean;
}

/** Milliseconds since 1970 of the answer to TIME. */
export function clockOf(time: unknown): number {
  const [seconds, microseconds] = (time as Buffer[]).map(Number);
  return seconds * 1000 + Math.floor(microseconds / 1000);
}

/** How two looks at a key differ; `late` is an expiry that came late by replication and harms nobody. */
export type Difference = 'missing' | 'extra' | 'type' | 'expiry' | 'value' | 'late';

/** How far the expiry of a key may be apart on two servers. */
export interface Clocks {
  /** Milliseconds by which the new server's clock is ahead. */
  readonly ahead: number;
  /** Whether the old server sends durations, which start again where they arrive: so do all before 7.0. */
  readonly sendsDurations: boolean;
}

/** What replication takes, and the contents that are read after the rest. */
const TOLERANCE_MS = 2000;

/** How long what came during an initial synchronization may have waited for its end. */
const LATENESS_MS = 3_600_000;

export function differenceOf(old: KeySnapshot, fresh: KeySnapshot, clocks: Clocks): Difference | undefined {
  const tolerance = TOLERANCE_MS + old.took + fresh.took;
  // A server that stands still is looked at later than the other one.
  const margin = tolerance + Math.abs(clocks.ahead) + Math.abs(fresh.at - old.at - clocks.ahead);
  if (old.type === 'none' || fresh.type === 'none') {
    if (old.type === fresh.type || isExpiring(old, margin) || isExpiring(fresh, margin)) return undefined;
    return old.type === 'none' ? 'extra' : 'missing';
  }
  // A key that expires between the question for its type and the one for its content seems to be another.
  if (isExpiring(old, margin)) {
    if (isExpiring(fresh, margin)) return undefined;
    if (fresh.expiresAt !== undefined && clocks.sendsDurations) return 'late';
  }
  if (old.type !== fresh.type) return 'type';
  if (old.digest !== fresh.digest) return 'value';
  if (old.expiresAt === fresh.expiresAt) return undefined;
  if (old.expiresAt === undefined || fresh.expiresAt === undefined) return 'expiry';
  const later = fresh.expiresAt - old.expiresAt;
  if (later >= Math.min(0, clocks.ahead) - tolerance && later <= Math.max(0, clocks.ahead) + tolerance)
    return undefined;
  return clocks.sendsDurations && later > 0 && later <= LATENESS_MS ? 'late' : 'expiry';
}

/** Whether the key is about to expire. */
function isExpiring({ expiresAt, at }: KeySnapshot, margin: number): boolean {
  return expiresAt !== undefined && expiresAt - at <= margin;
}
