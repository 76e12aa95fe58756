// A master that stands still for ten seconds, and goes on as a master that was replaced.

import { type Lab } from '../../test/lab/lab';
import { heading, row, sleep } from '../table';
import { COLUMNS, compare, eachMaster } from './rounds';

const ROUNDS = 2;
const STALL_MS = 10_000;

const stall = eachMaster(async (fleet, shard, master) => {
  const { child } = fleet.server(shard, master).program('redis');
  child.kill('SIGSTOP');
  await sleep(STALL_MS);
  child.kill('SIGCONT');
});

export async function stalls(lab: Lab): Promise<void> {
  heading('A master stalls for 10 s', ...COLUMNS);
  await compare(lab, stall, ROUNDS, ROUNDS);
  row('  aim', '', '', '', '', '', '0', '0');
}
