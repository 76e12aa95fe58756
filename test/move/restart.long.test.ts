// Restarts over a whole migration and back, for every kind of persistence of the two servers.

import * as fs from 'node:fs';
import { Lab, until } from '../lab/lab';
import { AOF, BOTH, type Kept, nameOf, NOTHING, Restarting, SNAPSHOTS } from './restarting';

let lab: Lab;
let it: Restarting;
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  await it.move.close();
  await lab.close();
});

const ALL = [NOTHING, SNAPSHOTS, AOF, BOTH];
const SIGNALS = ['SIGKILL', 'SIGTERM'] as const;

/** Restarts a master, and checks what it serves; `floor` is the value at its last change of role. */
async function survives(side: 'old' | 'new', kept: Kept, signal: NodeJS.Signals, floor: number): Promise<void> {
  await it.write(side);
  await it.restart(side, signal);
  const served = await it.served(side);
  if (kept.appendonly || (kept.snapshots && signal === 'SIGTERM')) expect(served).toBe(it.newest);
  else if (kept.snapshots) expect(served).toBeGreaterThanOrEqual(floor);
  else expect(served).toBeUndefined();
  await it.write(side);
}

/** Repeats a command until it succeeds: replicas that lost their master need a while to reconnect. */
async function finish(...[command, ...args]: [string, ...string[]]): Promise<void> {
  await until(`${command} succeeds`, async () => (await it.move.migrator(command, ...args).exit()) === 0);
}

const ALL_PAIRS = ALL.flatMap((old) => ALL.map((fresh) => [nameOf(old), nameOf(fresh), old, fresh] as const));
/** Each kind of persistence on each side, with another one on the other side; npm run test:matrix runs all pairs. */
const PAIRS = process.env.MATRIX ? ALL_PAIRS : ALL_PAIRS.filter((_, i) => i % 4 === (Math.floor(i / 4) + 1) % 4);

describe.each(SIGNALS)('%s', (signal) => {
  test.each(PAIRS)('old: %s; new: %s; cutover, rollback, and cutover again', async (_, __, old, fresh) => {
    it = await Restarting.of(lab, old, fresh, true);
    await it.write('old');
    await finish('sync');
    await it.arrived('new');
    await survives('old', old, signal, 0);
    await finish('sync');
    await it.restart('new', signal);
    await finish('sync');
    const cutOver = await it.write('old');
    await finish('cutover');
    await survives('new', fresh, signal, cutOver);
    await it.arrived('old');
    const back = await it.write('new');
    await finish('rollback');
    await survives('old', old, signal, back);
    await finish('sync');
    const again = await it.write('old');
    await finish('cutover');
    await survives('new', fresh, signal, again);
  });

  test.each(ALL.map((kept) => [nameOf(kept), kept] as const))(
    '%s: rollback without the later writes',
    async (_, kept) => {
      it = await Restarting.of(lab, kept, kept);
      await it.write('old');
      await finish('sync');
      const cutOver = await it.write('old');
      await finish('cutover');
      await it.write('new');
      await it.restart('old', signal);
      await finish('rollback', '--accept-loss');
      const served = await it.served('old');
      if (kept.appendonly || kept.snapshots) expect(served).toBe(cutOver);
      else expect(served).toBeUndefined();
      await survives('old', kept, signal, cutOver);
      await finish('sync');
      const again = await it.write('old');
      await finish('cutover');
      await survives('new', kept, signal, again);
    },
  );
});

test('a pod with an empty directory does not serve', async () => {
  it = await Restarting.of(lab, NOTHING, NOTHING);
  await it.write('old');
  await finish('sync');
  await finish('cutover');
  await it.move.fleet.stopShard(0, 'SIGKILL');
  fs.rmSync(it.move.fleet.shardPod(0).directory('/data'), { recursive: true });
  await it.move.fleet.startShard(0);
  await expect(it.served('new')).rejects.toThrow('MASTERDOWN');
});
