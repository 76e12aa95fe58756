// Preflight refuses servers whose clocks are apart, and only if they certainly are.

import { clockProblems, readClock } from '../../reshard/commands/clocks';
import { RedisServer } from '../../migrator/redis/server';
import { accepts, freePorts, Lab } from '../lab/lab';

const lab = new Lab();
afterAll(() => lab.close());
afterEach(() => jest.restoreAllMocks());

const AHEAD_MS = 60_000;

test('a clock that is apart is refused, and a slow reply is not', async () => {
  const [port] = await freePorts(1);
  const program = lab.start('redis-server', ['--port', String(port), '--save', '']);
  await program.ready(() => accepts(port));
  const redis = await RedisServer.connect(`127.0.0.1:${port}`, {});
  const own = await readClock(redis);
  expect(clockProblems([own, own])).toEqual([]);
  // The reply takes a minute, for this machine.
  const now = Date.now.bind(Date);
  let readings = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => now() - (readings++ % 2 === 0 ? AHEAD_MS : 0));
  expect(clockProblems([own, await readClock(redis)])).toEqual([]);
  // The clock of this machine is a minute behind.
  jest.spyOn(Date, 'now').mockImplementation(() => now() - AHEAD_MS);
  const ahead = { ...(await readClock(redis)), address: 'another' };
  const [problem] = clockProblems([own, ahead]);
  expect(problem).toContain(`the clock of another is`);
  expect(problem).toContain(`ahead of that of 127.0.0.1:${port}`);
  redis.close();
});
