// A master is killed, and kubelet restarts it at once.

import { type Lab } from '../../test/lab/lab';
import { heading, row } from '../table';
import { COLUMNS, compare, eachMaster } from './rounds';

const ROUNDS = 13;
const FLOOR_ROUNDS = 4;

const kill = eachMaster((fleet, shard, master) => fleet.kill(shard, master));

export async function kills(lab: Lab): Promise<void> {
  heading('kill -9 of a master', ...COLUMNS);
  await compare(lab, kill, FLOOR_ROUNDS, ROUNDS);
  row('  aim', '', '5000 ms', '', '6500 ms');
}
