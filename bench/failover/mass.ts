// A fleet of 108 shards with replicas: what bridge and Sentinels cost while nothing happens, and a third of the masters dies at once.

import * as os from 'node:os';
import { type Lab, type Program, until } from '../../test/lab/lab';
import { LabReplicas, SENTINELS } from '../../test/lab/replicas';
import { peakSoFar } from '../../test/lab/peak-memory';
import { cpuSeconds } from '../proxy/measure';
import { heading, median, megabytes, ms, row, sleep } from '../table';

const SHARDS = 108;
const KILLED = 36;
const IDLE_MS = 60_000;
const PATIENCE_MS = 60_000;
const SETTLE_MS = 5000;
/** In a cluster, each Sentinel is on a node of its own. Here more than 200 programs share two cores with them. */
const SENTINEL_NICE = -20;
/** An ordinary one. Sentinel cannot read again how it writes those with quotes, so its file would be larger. */
const PASSWORD = 'correct-horse-battery-staple';
const LOAD = { clients: SHARDS, clientsPerShard: 1, operationsPerSecond: 1000 };

export async function mass(lab: Lab): Promise<void> {
  const fleet = await LabReplicas.start(lab, { servers: SHARDS, plainServers: true, secretValue: PASSWORD });
  heading(`${SHARDS} shards with replicas, no clients`, 'CPU', 'peak memory');
  await idle('HAProxy of a proxy', [fleet.proxies[0].pod.program('bridge')]);
  row('  aim', '0.35 cores', '64 MB');
  const sentinels = SENTINELS.map((n) => fleet.sentinel(n).program('sentinel'));
  await idle('a Sentinel, the mean of three', sentinels);
  row('  aim', '0.10 cores');
  for (const { child } of sentinels) os.setPriority(child.pid ?? 0, SENTINEL_NICE);
  await until('no Sentinel is in TILT mode', () => fleet.areAttentive(), PATIENCE_MS);
  await killThird(fleet);
}

async function idle(what: string, programs: Program[]): Promise<void> {
  const before = cpuSeconds(programs);
  await sleep(IDLE_MS);
  const cores = (cpuSeconds(programs) - before) / (IDLE_MS / 1000) / programs.length;
  row(`  ${what}`, `${cores.toFixed(2)} cores`, megabytes(Math.max(...programs.map(peakSoFar))));
}

async function arePromoted(fleet: LabReplicas, shards: readonly number[]): Promise<boolean> {
  for (const shard of shards) {
    const b = fleet.fleet.portOf(shard, 'b');
    if (!(await fleet.votes(shard)).every((vote) => vote === b)) return false;
  }
  return true;
}

/** The nodes of these servers are lost: nothing starts them again. */
async function killThird(fleet: LabReplicas): Promise<void> {
  heading(
    `kill -9 of ${KILLED} of ${SHARDS} masters at the same time`,
    'median',
    'longest',
    'the others',
    'keys lost',
    'violations',
  );
  const load = await fleet.load(LOAD);
  const killed = fleet.ordinals.slice(0, KILLED);
  load.takeGaps();
  await Promise.all(killed.map((shard) => fleet.server(shard, 'a').program('redis').stop('SIGKILL')));
  await until('all Sentinels name the other servers', () => arePromoted(fleet, killed), PATIENCE_MS);
  // A shard that still has no replies then counts until here.
  await sleep(SETTLE_MS);
  const gaps = load.takeGaps();
  const { lost, violations } = await load.stop();
  const own = gaps.slice(0, KILLED);
  row(
    '  the bridge of a fleet with replicas',
    ms(median(own)),
    ms(Math.max(...own)),
    ms(Math.max(...gaps.slice(KILLED))),
    String(lost.length),
    String(violations.length),
  );
  row('  aim', '', '9000 ms');
}
