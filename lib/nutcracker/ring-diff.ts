// What changes for keys when one ring is replaced by another, counted on the rings' arcs.

import { countPairs } from './arcs';
import { type NutcrackerServer } from './nutcracker-server';
import { percent } from './percent';
import { type Ring } from './ring';

/** Keys that change server. */
export interface RingMove {
  /** The ring name of the server that had them. */
  readonly from: string;

  /** The ring name of the server that has them now. */
  readonly to: string;

  /** The share of all hash values that moves this way: 0 to 1. */
  readonly share: number;
}

/** What changes when one ring is replaced by another. Servers are the same when their ring names are. */
export interface RingDiff {
  /** Whether every key, of any bytes, keeps its server. */
  readonly isSame: boolean;

  /**
   * Whether `movedShare` and `moves` are exact: every hash value is counted. If they are not, `explanation` gives the
   * reason.
   */
  readonly isExact: boolean;

  /**
   * Why the shares are not exact.
   * @default - they are exact
   */
  readonly explanation?: string;

  /** The share of all hash values that changes server: 0 to 1, and 0 only if no key can move. */
  readonly movedShare: number;

  /** The moves, the largest share first. */
  readonly moves: RingMove[];

  /** Ring names that only the new ring has, in the order of its pool. */
  readonly added: string[];

  /** Ring names that only the old ring has, in the order of its pool. */
  readonly removed: string[];

  /** Ring names that both have, with different weights. */
  readonly reweighted: string[];
}

export function diffRings(before: Ring, after: Ring): RingDiff {
  const explanation = whyNotExact(before, after);
  const moves = movesOf(before, after, keysHashAlike(before, after) ? sharesByArcs : sharesIfUnrelated);
  const movedShare = sum(moves);
  return {
    isSame: movedShare === 0,
    isExact: explanation === undefined,
    ...(explanation && { explanation }),
    movedShare,
    moves,
    ...comparedServers(before.pool.servers, after.pool.servers),
  };
}

/** Whether a key has the same hash value in both pools. */
function keysHashAlike(before: Ring, after: Ring): boolean {
  return before.pool.hash === after.pool.hash && before.pool.hashTag === after.pool.hashTag;
}

/** Whether all keys are on one server, whatever their hash. */
function hasOneOwner(ring: Ring): boolean {
  return ring.keyShare().some(({ share }) => share === 1);
}

/** Undefined if the hash values are the same in both pools, or if one ring ignores them. */
function whyNotExact(before: Ring, after: Ring): string | undefined {
  if (keysHashAlike(before, after) || hasOneOwner(before) || hasOneOwner(after)) return undefined;
  const expected = 'what to expect if the old and the new value of a key are unrelated';
  if (before.pool.hash !== after.pool.hash) {
    return `hash changes from ${before.pool.hash} to ${after.pool.hash}, so every key has a different value: the shares are ${expected}`;
  }
  const untagged = percent(sum(movesOf(before, after, sharesByArcs)));
  return (
    `hash_tag changes from ${quoted(before.pool.hashTag)} to ${quoted(after.pool.hashTag)}, so a key that carries ` +
    `either has a different value: for those keys the shares are ${expected}; of the others ${untagged} move`
  );
}

/** The share of all hash values that is on server i before and on server j after. */
type ShareOf = (i: number, j: number) => number;

function sharesByArcs(before: Ring, after: Ring): ShareOf {
  const { values } = before._hash;
  const pairs = countPairs(before._arcs, after._arcs, values);
  return (i, j) => pairs.of(i, j) / values;
}

function sharesIfUnrelated(before: Ring, after: Ring): ShareOf {
  const sharesBefore = before.keyShare();
  const sharesAfter = after.keyShare();
  return (i, j) => sharesBefore[i].share * sharesAfter[j].share;
}

function movesOf(before: Ring, after: Ring, shares: (before: Ring, after: Ring) => ShareOf): RingMove[] {
  const shareOf = shares(before, after);
  const namesAfter = after.pool.servers.map((server) => server.ringName);
  const moves = before.pool.servers.flatMap(({ ringName: from }, i) =>
    namesAfter.map((to, j) => ({ from, to, share: from === to ? 0 : shareOf(i, j) })),
  );
  return moves.filter(({ share }) => share > 0).sort((a, b) => b.share - a.share);
}

function comparedServers(before: NutcrackerServer[], after: NutcrackerServer[]) {
  const weightBefore = new Map(before.map(({ ringName, weight }) => [ringName, weight]));
  const weightAfter = new Map(after.map(({ ringName, weight }) => [ringName, weight]));
  return {
    added: [...weightAfter.keys()].filter((name) => !weightBefore.has(name)),
    removed: [...weightBefore.keys()].filter((name) => !weightAfter.has(name)),
    reweighted: [...weightBefore]
      .filter(([name, weight]) => weightAfter.has(name) && weightAfter.get(name) !== weight)
      .map(([name]) => name),
  };
}

/** Exact: the shares are whole numbers of values, divided by a power of two. */
function sum(moves: RingMove[]): number {
  return moves.reduce((total, { share }) => total + share, 0);
}

function quoted(hashTag: string | undefined): string {
  return hashTag === undefined ? 'none' : `'${hashTag}'`;
}
