// The cost of a hop: the same requests to Redis itself, through a proxy, and through a proxy with its bridge.

import { Lab } from '../../test/lab/lab';
import { type LabMove } from '../../test/lab/move';
import { peakSoFar } from '../../test/lab/peak-memory';
import { heading, megabytes, row, times } from '../table';
import { type Load } from './client';
import { afterCutover, beforeCutover, directly, fill, moved, through } from './fleet';
import { compare, type Figures } from './measure';
import { decimals, type Effort, figures, loadsOf, nameOf, requestsOf } from './scale';

const SHARDS = 4;

/** The numbers of requests take about half a second on the slowest path. */
const LOADS: readonly Load[] = [
  { command: 'GET', bytes: 100, connections: 1, requests: 6000 },
  { command: 'GET', bytes: 100, connections: 50, requests: 24_000 },
  { command: 'SET', bytes: 100, connections: 50, requests: 24_000 },
  { command: 'GET', bytes: 100, connections: 500, requests: 24_000 },
  { command: 'GET', bytes: 100, connections: 50, pipeline: 16, requests: 120_000 },
  { command: 'SET', bytes: 100, connections: 500, pipeline: 16, requests: 120_000 },
  { command: 'GET', bytes: 1000, connections: 50, requests: 24_000 },
  { command: 'SET', bytes: 1000, connections: 50, requests: 24_000 },
  { command: 'GET', bytes: 16_000, connections: 50, requests: 12_000 },
  { command: 'SET', bytes: 16_000, connections: 50, requests: 12_000 },
  { command: 'GET', bytes: 100_000, connections: 50, requests: 3000 },
  { command: 'SET', bytes: 100_000, connections: 50, requests: 3000 },
  { command: 'MGET', bytes: 100, connections: 50, requests: 12_000 },
];

export async function requests(lab: Lab, effort: Effort): Promise<void> {
  // Both fleets have the same names, so each needs its own lab.
  const another = new Lab();
  try {
    await requestsOn(lab, await beforeCutover(another, SHARDS), await afterCutover(lab, SHARDS), effort);
  } finally {
    await another.close();
  }
}

async function requestsOn(lab: Lab, before: LabMove, after: LabMove, effort: Effort): Promise<void> {
  const proxy = await moved(after).addProxy();
  const paths = [
    directly(after, [0], '  Redis itself, one server'),
    directly(after, after.ordinals, `  Redis itself, ${SHARDS} servers`),
    through(proxy, after, '  nutcracker'),
    through(before.proxies[0], before, '  nutcracker and bridge, to old servers', 'old'),
    through(after.proxies[0], after, '  nutcracker and bridge, to new servers'),
  ];
  for (const load of loadsOf(LOADS, effort)) {
    await fill(before, 'old', load.bytes);
    await fill(after, 'new', load.bytes, true);
    const usable = paths.filter(({ ports }) => ports.length <= load.connections);
    const found = await compare(lab, usable, requestsOf(load, effort), effort.rounds);
    heading(nameOf(load), 'ops/s', 'of direct', 'p50 ms', 'p99 ms', 'nutcracker s', 'haproxy s', 'redis s');
    for (const [i, each] of found.entries()) row(usable[i].name, ...cells(each, found[0]));
  }
  heading('Most memory in all this');
  row('  nutcracker', megabytes(peakSoFar(proxy.pod.program('nutcracker'))));
  row('  haproxy', megabytes(peakSoFar(after.proxies[0].pod.program('bridge'))));
}

function cells({ rate, p50, p99, cpu }: Figures, bare: Figures): string[] {
  const ofPrograms = ['nutcracker', 'haproxy', 'redis'].map((name) => (name in cpu ? decimals(cpu[name]) : '-'));
  return [figures(rate), times(rate / bare.rate), decimals(p50), decimals(p99), ...ofPrograms];
}
