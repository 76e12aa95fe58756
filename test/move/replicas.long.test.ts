// A fleet with replicas is migrated: the servers a move as usual, the servers b follow them, and Sentinel takes over at the end.

import { MigrationPhase } from '../../lib';
import { describe as inWords } from '../lab/history';
import { Lab, until } from '../lab/lab';
import { type Load } from '../lab/load';
import { LabMove } from '../lab/move';
import { LabReplicas } from '../lab/replicas';
import { DURABLE } from '../lab/fleet';
import { OLD } from './moving';

let lab: Lab;
let move: LabMove | undefined;
let load: Load | undefined;
beforeEach(() => {
  lab = new Lab();
  move = undefined;
  load = undefined;
});
afterEach(async () => {
  await load?.end();
  await move?.close();
  await lab.close();
});

async function start(props: Partial<Parameters<typeof LabMove.of>[1]> = {}): Promise<[LabMove, LabReplicas]> {
  const redis = { ...DURABLE, replicas: 1 };
  move = await LabMove.of(lab, { servers: 2, ...OLD, ...props, fleet: { redis, ...props.fleet } });
  const replicas = LabReplicas.of(move.fleet, 2);
  await Promise.all([move.old.start(), replicas.startSentinels()]);
  await move.startNew();
  await Promise.all(replicas.ordinals.map((n) => replicas.startServer(n, 'b')));
  return [move, replicas];
}

test('no write is lost from the first step to the first failover, except those of the last moment before it', async () => {
  const [it, replicas] = await start();
  load = await it.load({ clients: 8 });
  await it.run('preflight');
  await it.run('sync');
  await it.run('cutover');
  expect(await replicas.votes(0)).toEqual([undefined, undefined, undefined]);
  for (const n of replicas.ordinals) {
    await until('b follows', async () => (await replicas.replication(n, 'b')).master_link_status === 'up');
  }

  replicas.fleet = it.fleet.inPhase(MigrationPhase.MOVED);
  await replicas.startSentinels();
  await replicas.untilReplicated();
  await it.rollOut(load);

  const died = performance.now();
  await it.fleet.stopShard(0, 'SIGKILL');
  await until('b is the master', async () => (await replicas.masterOf(0)) === 'b');
  await replicas.startServer(0, 'a');
  await replicas.untilReplicated();
  await load.stop();
  const mayBeUndone = ({ end }: { end: number }): boolean => end > died - 500 && end < died + 1000;
  expect(load.history.forgiving(mayBeUndone).violations().map(inWords)).toEqual([]);
});

test('a shard with a replica is rolled back, and its replica follows', async () => {
  const [it, replicas] = await start({ fleet: { migration: { keepLegacyInSync: true } } });
  load = await it.load({ clients: 8 });
  await it.run('sync');
  await it.run('cutover');
  await it.run('rollback');
  await it.run('sync');
  for (const n of replicas.ordinals) {
    await until('b follows', async () => (await replicas.replication(n, 'b')).master_link_status === 'up');
  }
  const report = await load.stop();
  expect(report.violations.map(inWords)).toEqual([]);
  expect(report.lost).toEqual([]);
});
