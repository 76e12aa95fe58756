// compatibility names what clients have used, from the statistics of real servers behind a nutcracker.

import { connect } from '../lab/clients';
import { Lab } from '../lab/lab';
import { LabReshard, PASSWORD } from '../lab/reshard';

const lab = new Lab();
afterAll(() => lab.close());

async function run(fleet: LabReshard): Promise<{ code: number | null; output: string }> {
  const program = fleet.start('compatibility');
  return { code: await program.exit(), output: program.output };
}

test('it names commands with several keys, and what to change', async () => {
  const fleet = await LabReshard.of(lab, { a: [1, 1], b: [1, 1, 1] });
  await fleet.startProxy();
  const client = connect(fleet.proxyPorts[0], PASSWORD);
  const keys = Array.from({ length: 20 }, (_, i) => `key-${i}`);
  for (const key of keys) await client.set(key, 'value');
  await client.del('key-0');
  expect(await run(fleet)).toEqual({
    code: 0,
    output: expect.stringContaining('no command was used that would break'),
  });

  // A cluster does not have to exist yet.
  const ringB = fleet.plan.b;
  const cluster = { cluster: [{ host: '127.0.0.1', port: 1 }] };
  fleet.plan = { ...fleet.plan, b: cluster };
  expect(await run(fleet)).toEqual({ code: 0, output: expect.stringContaining('DEL, 1 call on 1 shard: if it had') });
  const preflight = fleet.start('preflight');
  expect(await preflight.exit()).toBe(4);
  expect(preflight.output).toMatch(
    /^no node of b\.cluster in the plan .*: 127\.0\.0\.1:1: .*; start one, or name others$/m,
  );

  expect(await client.mget(keys)).toHaveLength(20);
  await client.sadd('{x}a', 'member');
  await client.eval('return redis.call("GET", KEYS[1])', 1, 'key-1');
  await client.sunionstore('union', 'union', 'union');
  client.disconnect();
  await fleet.onServer(0, (own) => own.call('FUNCTION', 'LOAD', FUNCTION));
  const { code, output } = await run(fleet);
  expect(code).toBe(3);
  expect(output).toMatch(/^MGET, 2 calls on 2 shards: nutcracker splits it, but a cluster refuses .*hash tag \{\}/m);
  expect(output).toMatch(/^EVAL, 1 call on 1 shard: a cluster refuses .*a script with several keys has to name/m);
  expect(output).toMatch(/^SUNIONSTORE, 1 call on 1 shard: a cluster refuses .*give the keys a common hash tag/m);
  expect(output).toMatch(/functions are not copied \(library\): load them on every server/);
  expect(output).not.toMatch(/^(SET|SADD|EXISTS|PING),/m);

  fleet.plan = { ...fleet.plan, a: { ...fleet.plan.a, hashTag: '$$' } };
  expect((await run(fleet)).output).toContain('the hash tag of ring A is $$, but that of a cluster is always {}');

  // To another ring, nutcracker still splits MGET.
  fleet.plan = { ...fleet.plan, b: ringB };
  const toRing = await run(fleet);
  expect(toRing.output).toMatch(/SUNIONSTORE.*: nutcracker sends it to the server of the first key/);
  expect(toRing.output).not.toMatch(/^(MGET|DEL),|hash tag of ring A/m);
});

const FUNCTION = '#!lua name=library\nredis.register_function("f", function() return 1 end)';
