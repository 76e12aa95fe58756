// Masters that hand over: their pod stops as planned, or the Job of a switchover runs.

import { otherSide } from '../../lib/failover/replica-plan';
import { type Lab } from '../../test/lab/lab';
import { heading, row } from '../table';
import { COLUMNS, eachMaster, measure, type Round, startFleet } from './rounds';

const STOPS = 3;
const SWITCHOVERS = 25;

const stop = eachMaster(async (fleet, shard, master) => {
  await fleet.server(shard, master).stop();
  await fleet.startServer(shard, master);
});

/** All masters are on the same side. */
const switchover: Round = async (fleet) => fleet.switchover(otherSide((await fleet.masterOf(0)) ?? 'b'));

export async function planned(lab: Lab): Promise<void> {
  const fleet = await startFleet(lab);
  heading('A master hands over', ...COLUMNS);
  await measure(fleet, 'the Job switchover', SWITCHOVERS, switchover);
  await measure(fleet, 'its pod stops and starts again', STOPS, stop);
  row('  aim', '200', '150 ms', '300 ms', '', '', '0', '0');
}
