// How long a shard is unavailable if the migrator dies during the cutover, and the pod of its Job restarts it.

import { pathOfDyingNode } from '../../test/lab/dying-node';
import { type Lab } from '../../test/lab/lab';
import { type Step } from '../../migrator/shard/fault-points';
import { reset, startFleet } from './fleet';
import { GapMeasurement } from './gap-measurement';
import { heading, median, ms, row } from '../table';

const SHARDS = 12;
const ROUNDS = 5;
const LOAD = { clients: 4 * SHARDS, clientsPerShard: 4, operationsPerSecond: 6000 };
const STEPS: readonly Step[] = ['cutover.held', 'cutover.demoted', 'cutover.promoted'];

export async function deaths(lab: Lab): Promise<void> {
  const move = await startFleet(lab, SHARDS);
  await move.run('sync');
  heading(`Gap of the shard whose cutover is interrupted, ${ROUNDS} rounds`, 'median', 'longest');
  for (const step of STEPS) {
    const measurement = new GapMeasurement(LOAD);
    for (let round = 0; round < ROUNDS; round++) {
      await measurement.during(move, async () => {
        const program = await move.fleet
          .jobPod('cutover')
          .with({ path: pathOfDyingNode(lab, step) })
          .start();
        const code = await program.exit();
        if (code !== 0) throw new Error(`the Job ended with ${String(code)}:\n${program.output}`);
      });
      await reset(move);
    }
    const worst = Array.from({ length: ROUNDS }, (_, n) =>
      Math.max(...measurement.gaps.slice(n * SHARDS, (n + 1) * SHARDS)),
    );
    row(`  migrator killed at ${step}`, ms(median(worst)), ms(Math.max(...worst)));
  }
}
