// The share of each server, and its fair share: the one proportional to its weight.

import { type HashRing } from '../../lib/nutcracker';

export interface Share {
  readonly index: number;
  readonly name: string;
  readonly address: string;
  readonly weight: number;
  /** The share of the key space, 0 to 1. */
  readonly share: number;
  readonly fair: number;
}

/** In the order of the pool. */
export function sharesOf(ring: HashRing): Share[] {
  const total = ring.pool.servers.reduce((sum, { weight }) => sum + weight, 0);
  return ring.keyShare().map(({ server, index, share }) => ({
    index,
    name: server.ringName,
    address: server.address,
    weight: server.weight,
    share,
    fair: server.weight / total,
  }));
}

/** The share as a multiple of the fair share. */
export function timesFair({ share, fair }: Share): number {
  return share / fair;
}

/** The servers with the most and the least relative to their fair shares. */
export function extremes(shares: readonly Share[]): { readonly most: Share; readonly least: Share } {
  const sorted = [...shares].sort((a, b) => timesFair(b) - timesFair(a));
  return { most: sorted[0], least: sorted[sorted.length - 1] };
}

/** `1.19×` */
export function times(number: number): string {
  return `${number.toFixed(2)}×`;
}
