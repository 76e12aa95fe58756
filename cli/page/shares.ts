// The share of each server beside its fair one: what it would have if shares were as the weights are.

import { type HashRing } from '../../lib/nutcracker';

export interface Share {
  readonly index: number;
  readonly name: string;
  readonly address: string;
  readonly weight: number;
  /** Of the hash's values, 0 to 1. */
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

/** How many times its fair share a server has. */
export function timesFair({ share, fair }: Share): number {
  return share / fair;
}

/** The servers with the most and the least beside their fair share. */
export function extremes(shares: readonly Share[]): { readonly most: Share; readonly least: Share } {
  const sorted = [...shares].sort((a, b) => timesFair(b) - timesFair(a));
  return { most: sorted[0], least: sorted[sorted.length - 1] };
}

/** `1.19×` */
export function times(number: number): string {
  return `${number.toFixed(2)}×`;
}
