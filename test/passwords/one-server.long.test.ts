// A change of the password of a shard without a replica, and what is refused.

import { LabFleet } from '../lab/fleet';
import { Lab, until } from '../lab/lab';
import { Rotation } from '../lab/rotation';

const [FIRST, NEXT] = ["first 'one'\n", 'next "one" \\'];

let lab: Lab;
let holder: { fleet: LabFleet; ordinals: readonly number[] };
let rotation: Rotation;
beforeEach(async () => {
  lab = new Lab();
  holder = {
    fleet: await LabFleet.synthesize(lab, { servers: 1, secretValue: FIRST, secondValue: '' }),
    ordinals: [0],
  };
  rotation = new Rotation(lab, holder, { current: FIRST }, false);
  await holder.fleet.startShard(0);
});
afterEach(() => lab.close());

async function accepted(): Promise<boolean[]> {
  return [(await rotation.accepting(FIRST)).length === 1, (await rotation.accepting(NEXT)).length === 1];
}

test('a server changes its password while it runs, or when it restarts', async () => {
  rotation.switchTo({ current: FIRST, second: NEXT });
  expect((await rotation.run('apply')).code).toBe(0);
  expect(await accepted()).toEqual([true, true]);

  rotation.switchTo({ current: NEXT, second: FIRST });
  await holder.fleet.stopShard(0);
  await holder.fleet.startShard(0);
  expect(await accepted()).toEqual([true, true]);
  expect((await rotation.run('apply')).code).toBe(0);
  expect((await rotation.run('retire', '--watch', '1')).code).toBe(0);
  expect(await accepted()).toEqual([false, true]);

  rotation.switchTo({ current: NEXT });
  expect(await rotation.run('status')).toEqual({ code: 0, output: expect.stringContaining('1 of 1 shards are done') });
});

test('a Secret with another password, or a server that is down, changes nothing', async () => {
  rotation.switchTo({ current: 'unknown', second: NEXT });
  const refused = await rotation.run('apply');
  expect(refused).toMatchObject({ code: 3, output: expect.stringContaining('accepts no password of the Secret') });
  expect(await accepted()).toEqual([true, false]);

  rotation.switchTo({ current: NEXT, second: FIRST });
  const early = await rotation.run('retire', '--watch', '1');
  expect(early).toMatchObject({ code: 3, output: expect.stringContaining('does not accept the first password') });

  await holder.fleet.stopShard(0);
  expect((await rotation.run('apply')).code).toBe(4);
});

test('a replica that is not in the plan stops it', async () => {
  rotation.switchTo({ current: FIRST, second: NEXT });
  expect((await rotation.run('apply')).code).toBe(0);
  const port = String(holder.fleet.portOf(0));
  lab.start('redis-cli', ['-p', port, '--replica'], { env: { PATH: process.env.PATH, REDISCLI_AUTH: FIRST } });
  const client = holder.fleet.shardClient(0);
  await until('it follows', async () => (await client.info('replication')).includes('state=online'));
  client.disconnect();
  const stopped = await rotation.run('retire', '--watch', '1');
  expect(stopped).toMatchObject({
    code: 3,
    output: expect.stringContaining('has 1 replicas, of which the plan has 0'),
  });
  expect(await accepted()).toEqual([true, true]);
});
