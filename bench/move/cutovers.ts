// 108 shards on one machine: the duration of all cutovers, and the memory of the migrator.

import { type Lab } from '../../test/lab/lab';
import { type LabMove } from '../../test/lab/move';
import { peakMemory } from '../../test/lab/peak-memory';
import { ROOT } from '../../test/lab/synthesized';
import { bareCutover } from './bare';
import { reset, forEachShard, startFleet } from './fleet';
import { COLUMNS, GapMeasurement } from './gap-measurement';
import { heading, median, megabytes, row, seconds, sleep } from '../table';

const SHARDS = 108;
const ROUNDS = 3;
const KEYS_PER_SHARD = 110;

/** Two cores cannot handle more operations with 216 servers. */
const LOAD = { clients: 4 * SHARDS, clientsPerShard: 4, operationsPerSecond: 4000 };

export async function cutovers(lab: Lab): Promise<void> {
  const move = await startFleet(lab, SHARDS);
  await move.old.fill(KEYS_PER_SHARD);
  const peaks = new Map([['node, ioredis, all servers connected (floor)', await minimalPeak(lab, move)]]);
  const measured = async (...[command, ...args]: [string, ...string[]]): Promise<void> => {
    const program = move.migrator(command, ...args);
    const name = ['migrator', command, ...args].join(' ');
    peaks.set(name, Math.max(await peakMemory(program), peaks.get(name) ?? 0));
    if ((await program.exit()) !== 0) throw new Error(program.output);
  };
  for (const command of ['preflight', 'sync', 'verify']) await measured(command);
  await measured('verify', '--full');

  const [cutover, nothing, barely] = [new GapMeasurement(LOAD), new GapMeasurement(LOAD), new GapMeasurement(LOAD)];
  for (let round = 0; round < ROUNDS; round++) {
    await barely.during(move, () => forEachShard(move, bareCutover));
    await reset(move);
    await cutover.during(move, () => measured('cutover'));
    await nothing.during(move, () => sleep(median(cutover.times)));
    await reset(move);
  }

  heading(`Time for ${SHARDS} cutovers, 4 at a time, ${ROUNDS} rounds`);
  row('  the commands of a cutover, bare (floor)', seconds(median(barely.times)));
  row('  migrator cutover', seconds(median(cutover.times)));
  row('  aim', '60 s');

  heading('Gap of a shard meanwhile', ...COLUMNS);
  row('  nothing happens (floor)', ...nothing.cells);
  row('  the commands of a cutover, bare (floor)', ...barely.cells);
  row('  migrator cutover', ...cutover.cells);

  heading(`Most memory with ${SHARDS} shards`);
  for (const [what, peak] of peaks) row(`  ${what}`, megabytes(peak));
  row('  aim', '150 MB');
}

const CONNECT = `
  const { Redis } = require('ioredis');
  const clients = process.argv.slice(1).map((port) => new Redis({ port, password: process.env.REDIS_PASSWORD }));
  Promise.all(clients.map((client) => client.info())).then(() => process.exit());
`;

async function minimalPeak(lab: Lab, { old, fleet, ordinals }: LabMove): Promise<number> {
  const ports = [...old.ports, ...ordinals.map((ordinal) => fleet.portOf(ordinal))].map(String);
  const env = { ...process.env, REDIS_PASSWORD: fleet.password };
  return peakMemory(lab.start(process.execPath, ['-e', CONNECT, ...ports], { env, cwd: ROOT }));
}
