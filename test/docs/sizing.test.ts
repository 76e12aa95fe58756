// The requests of unit-1 in docs/sizing.md match its manifests.

import * as path from 'node:path';
import { filesOf, objectsIn, ROOT } from '../lab/synthesized';
import { type Manifest } from '../lab/synth';
import { read } from './documents';

const GIBI = 2 ** 30;
const UNITS: Record<string, number> = { m: 1 / 1000, '': 1, Mi: 2 ** 20, Gi: GIBI };

const OBJECTS = objectsIn(filesOf(path.join(ROOT, 'dist')));

/** The total requests of all pods of an object: CPUs, and GiB of memory. */
function requested({ spec }: Manifest): { pods: number; cpu: number; memory: number } {
  const pods = (spec.replicas as number | undefined) ?? 1;
  const containers = spec.template.spec.containers as { resources: { requests: Record<string, string> } }[];
  const sum = (resource: string): number =>
    pods * containers.reduce((total, { resources }) => total + amount(resources.requests[resource]), 0);
  return { pods, cpu: sum('cpu'), memory: sum('memory') / GIBI };
}

function amount(quantity: string): number {
  const [, number, unit] = /^([\d.]+)(\w*)$/.exec(quantity) ?? [];
  return Number(number) * UNITS[unit];
}

test.each([
  ['shards', 'StatefulSet', /-redis$/],
  ['second servers', 'StatefulSet', /-redis-b$/],
  ['Sentinels', 'StatefulSet', /-sentinel$/],
  ['proxies', 'Deployment', /-twemproxy$/],
  ['exporters', 'Deployment', /-metrics$/],
  ['Jobs', 'Job', /./],
])('the requests of the %s', (row, kind, name) => {
  const cells = new RegExp(`^\\| ${row}[:,].*?\\| (\\d+) \\| ([\\d.]+) \\| ([\\d.]+) GiB \\|$`, 'm')
    .exec(read('docs/sizing.md'))
    ?.slice(1)
    .map(Number);
  const objects = OBJECTS.filter((object) => object.kind === kind && name.test(object.metadata.name as string));
  expect(objects.length).toBeGreaterThan(0);
  for (const object of objects) {
    for (const [i, value] of Object.values(requested(object)).entries()) expect(value).toBeCloseTo(cells?.[i] ?? NaN);
  }
});
