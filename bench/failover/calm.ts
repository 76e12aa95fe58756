// An hour in which nothing fails, under load: no Sentinel may see a master as down.

import { type Lab } from '../../test/lab/lab';
import { type LabReplicas } from '../../test/lab/replicas';
import { heading, ms, row, sleep } from '../table';
import { LOAD, startFleet } from './rounds';

const MINUTES = 60;
const MINUTES_PER_LOAD = 2;

export async function calm(lab: Lab): Promise<void> {
  const fleet = await startFleet(lab);
  const before = alarms(fleet);
  let [operations, longest, violations] = [0, 0, 0];
  const end = performance.now() + MINUTES * 60_000;
  while (performance.now() < end) {
    // One history of an hour would not fit into memory.
    const load = await fleet.load(LOAD);
    await sleep(MINUTES_PER_LOAD * 60_000);
    const report = await load.stop();
    operations += report.operations;
    longest = Math.max(longest, ...report.gaps);
    violations += report.violations.length;
  }
  const after = alarms(fleet);
  heading(`${MINUTES} minutes under load`, 'figure');
  row('  operations', operations.toLocaleString('en'));
  row('  longest gap of a shard', ms(longest));
  row('  violations', String(violations));
  for (const event of EVENTS) row(`  ${event} of all Sentinels`, String(after[event] - before[event]));
}

/** Subjectively down, objectively down, and a failover, in the log of a Sentinel. */
const EVENTS = ['+sdown master', '+odown master', '+switch-master'] as const;

function alarms(fleet: LabReplicas): Record<(typeof EVENTS)[number], number> {
  const logs = [0, 1, 2].map((n) => fleet.sentinel(n).program('sentinel').output).join('\n');
  return Object.fromEntries(EVENTS.map((event) => [event, logs.split(event).length - 1])) as ReturnType<typeof alarms>;
}
