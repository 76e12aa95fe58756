// Computes where nutcracker puts a key, bit for bit, without running it.

import { Distribution } from './algorithms';
import { arcAt, type Arcs, countPairs, ONE_ARC } from './arcs';
import { checkArguments } from './checked-arguments';
import { refuse } from './config-error';
import { ketamaArcs, KETAMA_PERIOD, modulaArcs } from './distributions';
import { HASH_FUNCTIONS, type HashFunction } from './hashes';
import { type NutcrackerPool } from './nutcracker-pool';
import { type NutcrackerServer } from './nutcracker-server';
import { type ServerShare } from './ring';
import { caveatsOf } from './ring-caveats';
import { diffRings, type RingDiff } from './ring-diff';

/** The ring of a pool with all its servers live. */
export class HashRing {
  /**
   * The ring that nutcracker builds for a pool.
   *
   * Throws for a pool that places keys at random, and for one whose weights add up to more than nutcracker can count.
   */
  static of(pool: NutcrackerPool): HashRing {
    checkArguments('HashRing.of', pool);
    return new HashRing(pool);
  }

  /** The pool. */
  readonly pool: NutcrackerPool;

  /** @internal */
  readonly _arcs: Arcs;

  /** @internal */
  readonly _hash: HashFunction;

  private readonly opening: number = NO_TAG;
  private readonly closing: number = NO_TAG;

  private constructor(pool: NutcrackerPool) {
    refuseWithoutRing(pool);
    this.pool = pool;
    this._hash = HASH_FUNCTIONS[pool.hash];
    this._arcs = arcsOf(pool);
    if (pool.hashTag !== undefined) [this.opening, this.closing] = Buffer.from(pool.hashTag);
  }

  /** The server on which nutcracker puts a key that is sent in UTF-8. */
  serverFor(key: string): NutcrackerServer {
    return this.pool.servers[this._indexOf(Buffer.from(key))];
  }

  /**
   * Each server's part of the key space, in the order of the pool. These are shares of hash values: the shares of the
   * *keys* depend on the keys, and can differ widely (docs/ring.md).
   */
  keyShare(): ServerShare[] {
    const counts = countPairs(this._arcs, ONE_ARC, this._hash.values);
    return this.pool.servers.map((server, index) => ({
      server,
      index,
      share: counts.of(index, 0) / this._hash.values,
    }));
  }

  /** What changes for keys when this ring is replaced by another. Servers are the same when their ring names are. */
  diff(other: HashRing): RingDiff {
    return diffRings(this, other);
  }

  /** Reasons why the running nutcracker may use a different ring; usually none. */
  get caveats(): string[] {
    return caveatsOf(this);
  }

  /**
   * The index in the pool of the server for the key `bytes[start]` to `bytes[end - 1]`, of any bytes.
   *
   * @internal
   */
  _indexOf(bytes: Uint8Array, start = 0, end = bytes.length): number {
    const { lasts, owners, period } = this._arcs;
    if (owners.length === 1) return owners[0];
    let from = start;
    let to = end;
    if (this.opening !== NO_TAG) {
      const opening = find(bytes, this.opening, start, end);
      const closing = find(bytes, this.closing, opening + 1, end);
      if (closing < end && closing > opening + 1) {
        from = opening + 1;
        to = closing;
      }
    }
    const hash = from === to ? HASH_OF_EMPTY_KEY : this._hash.hash(bytes, from, to) >>> 0;
    return owners[arcAt(lasts, period === KETAMA_PERIOD ? hash : hash % period)];
  }
}

/** Outside the range of a byte. */
const NO_TAG = -1;

/** nutcracker does not call the hash for an empty key. */
const HASH_OF_EMPTY_KEY = 0;

/** The first index of the byte, or `end`. */
function find(bytes: Uint8Array, byte: number, start: number, end: number): number {
  for (let i = start; i < end; i++) if (bytes[i] === byte) return i;
  return end;
}

function arcsOf({ servers, distribution }: NutcrackerPool): Arcs {
  if (servers.length === 1) return ONE_ARC;
  return distribution === Distribution.MODULA ? modulaArcs(servers) : ketamaArcs(servers);
}

/** Weights are summed in 32 bits, and modula reserves ten more slots (MODULA_CONTINUUM_ADDITION). */
const MAX_TOTAL_WEIGHT = { [Distribution.KETAMA]: 2 ** 32 - 1, [Distribution.MODULA]: 2 ** 32 - 11 };

/** Throws for a pool that places keys at random, and for one whose weights add up to more than nutcracker can count. */
export function refuseWithoutRing({ name, servers, distribution }: NutcrackerPool): void {
  if (distribution === Distribution.RANDOM) {
    refuse({
      pool: name,
      subject: 'distribution',
      because:
        '"random" sends each command to any server, whatever its key, so keys have no place on a ring and ' +
        'stored data cannot be found again',
      remedy: 'only ketama and modula can hold data; a pool that only caches can be replaced by an empty one',
    });
  }
  const totalWeight = servers.reduce((sum, { weight }) => sum + weight, 0);
  const limit = MAX_TOTAL_WEIGHT[distribution];
  if (totalWeight > limit) {
    refuse({
      pool: name,
      subject: 'servers',
      because: `the weights add up to ${totalWeight}, and nutcracker overruns its memory above ${limit}`,
      remedy: 'no fleet can run with them; write smaller weights',
    });
  }
}
