// The cost of the bridge's role checks without client traffic.

import { Duration } from 'cdk8s';
import { type Lab, type Program } from '../../test/lab/lab';
import { peakSoFar } from '../../test/lab/peak-memory';
import { heading, megabytes, row, sleep } from '../table';
import { afterCutover, withProxy } from './fleet';
import { cpuSeconds } from './measure';
import { type Effort, thousandths } from './scale';

/** Milliseconds between two checks. */
const INTERVALS = [20, 50, 100, 200, 500];

export async function checks(lab: Lab, effort: Effort): Promise<void> {
  const move = await afterCutover(lab, effort.unit);
  await Promise.all(move.proxies.map(({ pod }) => pod.stop()));
  const shards = move.ordinals.map((ordinal) => move.fleet.shard(ordinal));
  heading(`A bridge of ${shards.length} shards, nothing to do`, 'haproxy CPU', 'a server CPU', 'memory');
  for (const interval of INTERVALS.slice(0, effort.variants)) {
    const fleet = move.fleet.with({ migration: { bridge: { checkInterval: Duration.millis(interval) } } });
    await withProxy(fleet, async ({ pod }) => {
      const bridge = pod.program('bridge');
      const [haproxy, redis] = await cpuShares([[bridge], shards], effort.idleMs);
      const memory = megabytes(peakSoFar(bridge));
      row(`  checkInterval ${interval} ms`, thousandths(haproxy), thousandths(redis / shards.length), memory);
    });
  }
}

/** The CPU use of each group of programs, in cores. */
async function cpuShares(groups: readonly (readonly Program[])[], milliseconds: number): Promise<number[]> {
  const before = groups.map(cpuSeconds);
  const start = performance.now();
  const used = (): number[] => groups.map((group, i) => cpuSeconds(group) - before[i]);
  // On a busy machine a program may not have been scheduled yet.
  do await sleep(milliseconds);
  while (used().includes(0));
  const seconds = (performance.now() - start) / 1000;
  return used().map((each) => each / seconds);
}
