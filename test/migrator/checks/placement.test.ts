// preflight finds keys that are not where the plan's ring looks for them.

import { preflight } from '../../../migrator/commands/preflight';
import { Lab } from '../../lab/lab';
import { find, started } from '../findings';
import { Pairs } from '../pairs';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  Pairs.disconnectAll();
  await lab.close();
});

async function filled(): Promise<Pairs> {
  const pairs = await started(lab, { servers: 4 });
  await pairs.oldFleet.fill(110);
  return pairs;
}

test('servers that have changed places are named', async () => {
  const pairs = await filled();
  const { shards } = pairs.plan;
  const names = [1, 0, 2, 3].map((i) => shards[i].ringName);
  const swapped = shards.map((shard, i) => ({ ...shard, ringName: names[i] }));
  const { findings, exits } = await find(pairs, { shards: swapped });
  expect(findings.map(({ severity, code, shard }) => [severity, code, shard])).toEqual([
    ['error', 'placement', 0],
    ['error', 'placement', 1],
    ['error', 'order', undefined],
  ]);
  expect(findings[0].message).toMatch(
    /of \d+ sampled keys on .*, \d+ \(100 %\) belong elsewhere, as ".*" to shard 1 \(/,
  );
  expect(findings[2].message).toContain('the keys of shard 0 belong to shard 1, the keys of shard 1 belong to shard 0');
  expect(exits).toEqual([3, 3, 0, 0]);
});

test('another hash puts keys all over the place', async () => {
  const pairs = await filled();
  const { codes } = await find(pairs, { ring: { ...pairs.plan.ring, hash: 'md5' } });
  expect(codes).toEqual(Array(4).fill('error placement'));
});

test('a few keys elsewhere may be left from an older ring', async () => {
  const pairs = await filled();
  const stray = Buffer.from([0xff, 0xfe, 0x00]);
  const strays = await Promise.all(pairs.oldFleet.ordinals.map((ordinal) => pairs.old(ordinal).set(stray, 'x')));
  expect(strays).toEqual(['OK', 'OK', 'OK', 'OK']);
  pairs.disconnect();
  const { findings, exits } = await preflight(pairs.contextOf(), {
    sampleKeys: 3000,
    acceptVolatileFence: false,
  }).then(({ findings: all, outcomes }) => ({ findings: all, exits: outcomes.map(({ code }) => code) }));
  expect(findings).toHaveLength(3);
  for (const { severity, code, message } of findings) {
    expect([severity, code]).toEqual(['warning', 'leftovers']);
    expect(message).toContain('as "\\xff\\xfe\\x00" to shard');
  }
  expect(exits).toEqual([0, 0, 0, 0]);
});

test('shards that have moved are looked at where they are', async () => {
  const pairs = await filled();
  await pairs.sync();
  await pairs.move(0);
  const about = 'moved already: only the new server was checked';
  expect((await find(pairs)).messages).toEqual([about, ...Array<string>(3).fill('nothing stands in the way')]);
  const { codes, findings } = await find(pairs, { ring: { ...pairs.plan.ring, hash: 'md5' } });
  expect(codes).toHaveLength(4);
  expect(findings[0].message).toContain(`sampled keys on ${pairs.plan.shards[0].new}`);
});
