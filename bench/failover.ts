// How long a shard is unavailable when its master dies, and during a planned stop: npx tsx bench/failover.ts (after npm run build)

import { type LabFleetProps } from '../test/lab/fleet';
import { type Lab } from '../test/lab/lab';
import { LabReplicas } from '../test/lab/replicas';
import { runParts } from './parts';
import { heading, median, ms, quantile, row } from './table';

const SHARDS = 4;
const ROUNDS = 12;
const LOAD = { clients: 4 * SHARDS, clientsPerShard: 4, operationsPerSecond: 2000 };

/** What happens to the master of a shard. */
type Event = (fleet: LabReplicas, shard: number, master: 'a' | 'b') => Promise<void>;

const kill: Event = (fleet, shard, master) => fleet.kill(shard, master);

const plannedStop: Event = async (fleet, shard, master) => {
  await fleet.server(shard, master).stop();
  await fleet.startServer(shard, master);
};

async function measure(lab: Lab, what: string, event: Event, props: Partial<LabFleetProps> = {}): Promise<void> {
  const fleet = await LabReplicas.start(lab, { servers: SHARDS, ...props });
  const load = await fleet.load(LOAD);
  const gaps: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const shard = round % SHARDS;
    const master = await fleet.masterOf(shard);
    if (master === undefined) throw new Error(`shard ${shard} has no master`);
    load.takeGaps();
    await event(fleet, shard, master);
    await fleet.untilReplicated([shard]);
    gaps.push(load.takeGaps()[shard]);
  }
  const { lost, violations } = await load.stop();
  row(
    `  ${what}`,
    ms(median(gaps)),
    ms(quantile(gaps, 0.9)),
    ms(Math.max(...gaps)),
    String(lost.length),
    String(violations.length),
  );
}

const CELLS = ['median', 'p90', 'longest', 'keys lost', 'violations'];

void runParts(
  {
    kills: async (lab) => {
      heading(`A master is killed: ${SHARDS} shards, ${ROUNDS} rounds`, ...CELLS);
      await measure(lab, 'the bridge checks the role only (floor)', kill, { asksRoleOnly: true });
    },
    confirmedKills: async (lab) => {
      await measure(lab, 'the bridge of a fleet with replicas', kill);
      row('  aim', '5000 ms', '', '6500 ms');
    },
    stops: async (lab) => {
      heading(`A master is stopped as planned: ${SHARDS} shards, ${ROUNDS} rounds`, ...CELLS);
      await measure(lab, 'the bridge of a fleet with replicas', plannedStop);
      row('  aim', '150 ms', '300 ms');
    },
  },
  process.argv.slice(2),
  ['redis-server -v', 'haproxy -v'],
);
