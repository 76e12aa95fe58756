// What is known of a ring when it is judged or compared.

import { type Arcs } from './arcs';
import { type HashFunction } from './hashes';
import { type NutcrackerPool } from './nutcracker-pool';
import { type NutcrackerServer } from './nutcracker-server';

/** How much of the key space a server has. */
export interface ServerShare {
  /** The server. */
  readonly server: NutcrackerServer;

  /** Its place in the pool, counted from 0. */
  readonly index: number;

  /** Of the values that the pool's hash can take, the part that belongs to this server: 0 to 1. */
  readonly share: number;
}

/** A HashRing, as far as caveats and differences need it. */
export interface Ring {
  readonly pool: NutcrackerPool;
  readonly _arcs: Arcs;
  readonly _hash: HashFunction;
  keyShare(): ServerShare[];
}
