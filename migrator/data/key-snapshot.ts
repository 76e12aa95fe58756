// A key as a server reports it, and the difference between two servers.

export interface KeySnapshot {
  /** As TYPE returns it; `none` if there is no such key. */
  readonly type: string;
  /** When it expires, in milliseconds by the server's own clock. */
  readonly expiresAt?: number;
  /** The server's clock when the key was read. */
  readonly at: number;
  /** Milliseconds that the read took; `expiresAt` may be too early by as much. */
  readonly took: number;
  /** Digest of the content; undefined if the key changed meanwhile or its type cannot be compared. */
  readonly digest?: string;
  /** Whether its type can be compared. */
  readonly isComparable: boolean;
}

/** The result of TIME, in milliseconds since 1970. */
export function clockOf(time: unknown): number {
  const [seconds, microseconds] = (time as Buffer[]).map(Number);
  return seconds * 1000 + Math.floor(microseconds / 1000);
}

/** How a key differs between two servers. `late` is harmless: replication delayed the expiry. */
export type Difference = 'missing' | 'extra' | 'type' | 'expiry' | 'value' | 'late';

/** How far the expiry of a key may differ between two servers. */
export interface Clocks {
  /** Milliseconds by which the new server's clock is ahead. */
  readonly ahead: number;
  /** Whether the old server replicates expiries as durations, which start again on arrival: all before 7.0 do. */
  readonly sendsDurations: boolean;
}

/** Allows for replication, and for contents that are read after the expiry. */
const TOLERANCE_MS = 2000;

/** How long an expiry may have been buffered during an initial synchronization. */
const LATENESS_MS = 3_600_000;

export function differenceOf(old: KeySnapshot, fresh: KeySnapshot, clocks: Clocks): Difference | undefined {
  const tolerance = TOLERANCE_MS + old.took + fresh.took;
  // A server that stalls is read later than the other one.
  const margin = tolerance + Math.abs(clocks.ahead) + Math.abs(fresh.at - old.at - clocks.ahead);
  if (old.type === 'none' || fresh.type === 'none') {
    if (old.type === fresh.type || isExpiring(old, margin) || isExpiring(fresh, margin)) return undefined;
    return old.type === 'none' ? 'extra' : 'missing';
  }
  // A key that expires after its type and before its content is read looks changed.
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
