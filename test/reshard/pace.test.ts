// What was not copied yet is copied at a rate; what changes is copied at once.

import { Lab } from '../lab/lab';
import { LabReshard, USER } from '../lab/reshard';
import { Mover } from '../../reshard/move/mover';
import { Pace } from '../../reshard/move/pace';
import { Fleet } from '../../reshard/server/fleet';

describe('a pace', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test('lets as many keys pass as it may, and makes up for 10 ms at most', () => {
    const pace = new Pace(1000);
    jest.advanceTimersByTime(5000);
    expect(pace.isDue).toBe(true);
    pace.spend(100, 0);
    jest.advanceTimersByTime(89);
    expect(pace.isDue).toBe(false);
    jest.advanceTimersByTime(1);
    expect(pace.isDue).toBe(true);
  });

  test('counts a large value as one key for each KiB', () => {
    const pace = new Pace(1000);
    jest.advanceTimersByTime(5000);
    pace.spend(1, 50 * 1024);
    jest.advanceTimersByTime(39);
    expect(pace.isDue).toBe(false);
    jest.advanceTimersByTime(1);
    expect(pace.isDue).toBe(true);
  });
});

test('keys that change do not wait for their turn', async () => {
  const lab = new Lab();
  const fleet = await LabReshard.of(lab, { a: [1, 0], b: [0, 1] });
  await fleet.onServer(0, (client) => client.eval(`for i = 1, 1000 do redis.call('SET', 'key:' .. i, 'old') end`, 0));
  const access = { user: USER, password: fleet.password };
  const servers = await Fleet.connect(fleet.plan, access);
  await servers.prepare();
  // After one batch, it is hours until the next one.
  const mover = await Mover.start(servers, fleet.rings, 'a', access, 0.01);
  try {
    await mover.copyUntil(() => mover.copied > 0);
    const copied = mover.copied;
    await fleet.onServer(0, (client) => client.eval(`for i = 1, 1000 do redis.call('SET', 'key:' .. i, 'new') end`, 0));
    await mover.copyUntil(() => mover.copied >= copied + 1000);
    const values = await fleet.onServer(1, (client) =>
      client.mget(Array.from({ length: 1000 }, (_, i) => `key:${i + 1}`)),
    );
    expect(new Set(values)).toEqual(new Set(['new']));
    expect(mover.isCopied).toBe(false);
  } finally {
    mover.close();
    servers.close();
    await lab.close();
  }
});
