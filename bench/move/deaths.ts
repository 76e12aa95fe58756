// How long nobody serves a shard when the migrator dies in the middle of its cutover, and its Job's pod starts it again.

import { pathOfDyingNode } from '../../test/lab/dying-node';
import { type Lab } from '../../test/lab/lab';
import { type Step } from '../../migrator/shard/fault-points';
import { afterwards, started } from './fleet';
import { Seen } from './seen';
import { heading, median, ms, row } from '../table';

const SHARDS = 12;
const ROUNDS = 5;
const LOAD = { clients: 4 * SHARDS, clientsPerShard: 4, operationsPerSecond: 6000 };
const STEPS: readonly Step[] = ['cutover.held', 'cutover.demoted', 'cutover.promoted'];

export async function deaths(lab: Lab): Promise<void> {
  const move = await started(lab, SHARDS);
  await move.run('sync');
  heading(`Gap of the shard whose cutover is interrupted, ${ROUNDS} rounds`, 'median', 'longest');
  for (const step of STEPS) {
    const seen = new Seen(LOAD);
    for (let round = 0; round < ROUNDS; round++) {
      await seen.during(move, async () => {
        const program = await move.fleet
          .jobPod('cutover')
          .with({ path: pathOfDyingNode(lab, step) })
          .start();
        const code = await program.exit();
        if (code !== 0) throw new Error(`the Job ended with ${String(code)}:\n${program.output}`);
      });
      await afterwards(move);
    }
    const worst = Array.from({ length: ROUNDS }, (_, n) => Math.max(...seen.gaps.slice(n * SHARDS, (n + 1) * SHARDS)));
    row(`  migrator killed at ${step}`, ms(median(worst)), ms(Math.max(...worst)));
  }
}
