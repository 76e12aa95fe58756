// What can be said of the arcs of a ring: whose they are, how many, how long.

import { type Arcs } from '../../lib/nutcracker/arcs';

/** A run of positions of one server, as parts of the circle, 0 to 1. */
export interface Arc {
  readonly owner: number;
  readonly from: number;
  readonly to: number;
}

/** The arcs from the top of the circle on; those that lie side by side and belong to one server are one. */
export function arcsOf({ lasts, owners, period }: Arcs): Arc[] {
  const arcs: Arc[] = [];
  let from = 0;
  lasts.forEach((last, i) => {
    const to = (last + 1) / period;
    if (to <= from) return;
    const before = arcs.at(-1);
    if (before?.owner === owners[i]) arcs[arcs.length - 1] = { ...before, to };
    else arcs.push({ owner: owners[i], from, to });
    from = to;
  });
  return arcs;
}

/** At so many places of the circle, who is there. */
export function sampled(arcs: readonly Arc[], places: number): Arc[] {
  const samples: Arc[] = [];
  let at = 0;
  for (let i = 0; i < places; i++) {
    while (arcs[at].to <= (i + 0.5) / places) at++;
    const { owner } = arcs[at];
    const before = samples.at(-1);
    const to = (i + 1) / places;
    if (before?.owner === owner) samples[samples.length - 1] = { ...before, to };
    else samples.push({ owner, from: i / places, to });
  }
  return samples;
}

/** What a server has of the circle. */
export interface Holding {
  readonly arcs: number;
  readonly part: number;
  readonly longest: number;
}

export function holdings(arcs: readonly Arc[], servers: number): Holding[] {
  const all = Array.from({ length: servers }, () => ({ arcs: 0, part: 0, longest: 0 }));
  for (const { owner, from, to } of arcs) {
    const of = all[owner];
    of.arcs++;
    of.part += to - from;
    of.longest = Math.max(of.longest, to - from);
  }
  return all;
}
