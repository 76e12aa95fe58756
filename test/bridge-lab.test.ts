// The synthesized bridge between real proxies and real servers.

import { Lab } from './lab/lab';
import { LabFleet, type LabFleetProps } from './lab/fleet';
import { OldFleet } from './lab/old-fleet';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

/** An old fleet with a fleet that is to take its place: empty shards, born as replicas. */
async function moving(servers: number, props: Partial<LabFleetProps> = {}): Promise<{ old: OldFleet; it: LabFleet }> {
  const old = await OldFleet.of(lab, { servers, password: props.secretValue });
  const it = await LabFleet.synthesize(lab, { servers, old: old.pool, ...props });
  await old.start();
  await Promise.all(old.ordinals.map((ordinal) => it.startShard(ordinal)));
  return { old, it };
}

test('a bridge', async () => {
  const { it } = await moving(2);
  await it.startProxy();
  const client = it.client();
  expect(await client.set('a', 'b')).toBe('OK');
  client.disconnect();
});
