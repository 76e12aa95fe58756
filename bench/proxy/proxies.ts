// Compares proxies that differ in one setting, under the same loads.

import { type LabFleet } from '../../test/lab/fleet';
import { type Lab } from '../../test/lab/lab';
import { type LabMove } from '../../test/lab/move';
import { peakSoFar } from '../../test/lab/peak-memory';
import { heading, megabytes, row, times } from '../table';
import { type Load } from './client';
import { fill, through } from './fleet';
import { compare, type Path } from './measure';
import { decimals, type Effort, figures, loadsOf, nameOf, requestsOf } from './scale';

/** A program in the pod of a proxy. */
type Measured = 'nutcracker' | 'haproxy';

/** The fleets of the proxies, by setting; the first is as synthesized. */
export type Variants = readonly (readonly [name: string, fleet: LabFleet])[];

/** Prints the figures of one program for each variant, under each load. */
export async function compareProxies(
  lab: Lab,
  move: LabMove,
  measured: Measured,
  variants: Variants,
  loads: readonly Load[],
  effort: Effort,
): Promise<void> {
  for (const load of loadsOf(loads, effort)) {
    await fill(move, 'new', load.bytes);
    const paths: Path[] = [];
    for (const [name, fleet] of variants.slice(0, effort.variants)) {
      paths.push(through(await fleet.addProxy(), move, `  ${name}`));
    }
    const found = await compare(lab, paths, requestsOf(load, effort), effort.rounds);
    heading(nameOf(load), 'ops/s', 'p50 ms', 'p99 ms', `${measured} s`, 'of the first', 'memory');
    for (const [i, { name, programs }] of paths.entries()) {
      const { rate, p50, p99, cpu } = found[i];
      const ofTheFirst = times(cpu[measured] / found[0].cpu[measured]);
      const memory = megabytes(peakSoFar(programs[measured][0]));
      row(name, figures(rate), decimals(p50), decimals(p99), decimals(cpu[measured]), ofTheFirst, memory);
    }
    await stop(paths);
  }
}

/** Stops the proxies, to free their memory. */
async function stop(paths: readonly Path[]): Promise<void> {
  const programs = paths.flatMap(({ programs: { nutcracker, haproxy = [] } }) => [...nutcracker, ...haproxy]);
  await Promise.all(programs.map((program) => program.stop('SIGKILL')));
}
