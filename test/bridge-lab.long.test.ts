// The long versions of tests in bridge-lab.test.ts.

import { statusOf, moving, staysConnected } from './lab/bridged';
import { Lab, type Program, until } from './lab/lab';
import { type OldFleet } from './lab/old-fleet';
import { type LabPod } from './lab/pod';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

test('a shard without a master delays the start of a proxy by ten seconds at most', async () => {
  const { old, it } = await moving(lab, 2);
  await old.stop(0, 'SIGKILL');
  const { pod, ports } = await it.addProxy();
  expect(pod.hookOutput.bridge).toBe('a shard has no server; starting anyway\n');
  expect(await statusOf(pod, ports.health, '/alive')).toBe(200);
  expect(await statusOf(pod, ports.health, '/ready')).toBe(503);

  await old.start(0);
  await until('every shard has a server', async () => (await statusOf(pod, ports.health, '/ready')) === 200);
});

describe('stalls of 300 ms cut no connection', () => {
  test.each([
    ['of a server', (old: OldFleet): Program[] => [old.program(0)]],
    ['of the bridge', (_old: OldFleet, pod: LabPod): Program[] => [pod.program('bridge')]],
    ['of both', (old: OldFleet, pod: LabPod): Program[] => [old.program(0), pod.program('bridge')]],
  ])('%s', async (_what, stalled) => {
    const { old, it } = await moving(lab, 1);
    const { pod, ports } = await it.addProxy();
    const [client, control] = [it.client(ports.proxy), old.serverClient(0)];
    await staysConnected({ client, control, bridge: pod.program('bridge') }, stalled(old, pod), 20);
    client.disconnect();
    control.disconnect();
  });
});
