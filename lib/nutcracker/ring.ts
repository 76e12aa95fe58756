// The view of a ring that caveats and comparisons need.

import { type Arcs } from './arcs';
import { type HashFunction } from './hashes';
import { type NutcrackerPool } from './nutcracker-pool';
import { type NutcrackerServer } from './nutcracker-server';

/** A server's part of the key space. */
export interface ServerShare {
  /** The server. */
  readonly server: NutcrackerServer;

  /** Its index in the pool, counted from 0. */
  readonly index: number;

  /** The share of all hash values that belongs to this server: 0 to 1. */
  readonly share: number;
}

/** The members of a HashRing that caveats and comparisons use. */
export interface Ring {
  readonly pool: NutcrackerPool;
  readonly _arcs: Arcs;
  readonly _hash: HashFunction;
  keyShare(): ServerShare[];
}
