// Statistics about the arcs of a ring: owners, numbers and lengths.

import { type Arcs } from '../../lib/nutcracker/arcs';

/** Consecutive positions of one server; `from` and `to` are fractions of the circle. */
export interface Arc {
  readonly owner: number;
  readonly from: number;
  readonly to: number;
}

/** The arcs, starting at the top of the circle. Adjacent arcs of one server are merged. */
export function arcsOf({ lasts, owners, period }: Arcs): Arc[] {
  const arcs: Arc[] = [];
  let from = 0;
  lasts.forEach((last, i) => {
    const to = (last + 1) / period;
    if (to <= from) return;
    const previous = arcs.at(-1);
    if (previous?.owner === owners[i]) arcs[arcs.length - 1] = { ...previous, to };
    else arcs.push({ owner: owners[i], from, to });
    from = to;
  });
  return arcs;
}

/** The arcs, sampled at `count` evenly spaced points. */
export function sampled(arcs: readonly Arc[], count: number): Arc[] {
  const samples: Arc[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    while (arcs[at].to <= (i + 0.5) / count) at++;
    const { owner } = arcs[at];
    const previous = samples.at(-1);
    const to = (i + 1) / count;
    if (previous?.owner === owner) samples[samples.length - 1] = { ...previous, to };
    else samples.push({ owner, from: i / count, to });
  }
  return samples;
}

/** A server's part of the circle. */
export interface Holding {
  readonly arcs: number;
  /** 0 to 1. */
  readonly part: number;
  readonly longest: number;
}

export function holdings(arcs: readonly Arc[], servers: number): Holding[] {
  const all = Array.from({ length: servers }, () => ({ arcs: 0, part: 0, longest: 0 }));
  for (const { owner, from, to } of arcs) {
    const holding = all[owner];
    holding.arcs++;
    holding.part += to - from;
    holding.longest = Math.max(holding.longest, to - from);
  }
  return all;
}
