// The readiness of a proxy: synthesized pods in front of real shards in every role.

import { Duration } from 'cdk8s';
import { MigrationPhase } from '../lib';
import { busyboxPath } from './lab/busybox';
import { moving } from './lab/bridged';
import { keysWhere } from './lab/dataset';
import { LabFleet, type LabFleetProps } from './lab/fleet';
import { accepts, Lab, until } from './lab/lab';
import { LabMove } from './lab/move';
import { type LabPod } from './lab/pod';

let lab: Lab;
let move: LabMove | undefined;
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  await move?.close();
  move = undefined;
  await lab.close();
});

/** Replaces the minute of await-masters.sh: a test should not wait for it. */
const NO_DELAY = { '+ 60))': '+ 0))' };

async function fleet(servers: number, props: Partial<LabFleetProps> = {}): Promise<LabFleet> {
  return LabFleet.synthesize(lab, { servers, ...props });
}

/** Begins to start the pod of the first proxy. */
function beginStart(it: LabFleet): { pod: LabPod; starting: Promise<unknown> } {
  const pod = it.proxyPod();
  return { pod, starting: pod.start() };
}

async function isReady(pod: LabPod): Promise<void> {
  await until('the proxy is ready', () => pod.ready());
}

async function isNotReady(pod: LabPod): Promise<void> {
  await until('the proxy is not ready', async () => !(await pod.ready()));
}

test('proxies of the phase MOVED do not start before the last cutover, and the old ones keep serving', async () => {
  move = await LabMove.of(lab, { servers: 2, fleet: { proxies: { shutdownDelay: Duration.seconds(1) } } });
  await move.start();
  await move.run('sync');
  await move.run('cutover', '--shards', '0');

  const moved = move.fleet.inPhase(MigrationPhase.MOVED);
  const { pod, starting } = beginStart(moved);
  const port = moved.portOf(1);
  await until('it reports the replica', () => pod.initOutput('await-masters').includes('waiting for these replicas'));
  expect(pod.initOutput('await-masters')).toContain(`apply the phase MOVING again:\n  127.0.0.1:${port}\n`);

  const client = move.fleet.client(move.proxies[0].ports.proxy);
  for (const ordinal of move.ordinals) {
    const [key] = keysWhere((each) => move?.old.ordinalOf(each) === ordinal, 1);
    // Right after a cutover, a client may see an error.
    await until('the old proxies serve', async () => (await client.set(key, 'value').catch(() => '')) === 'OK');
  }
  client.disconnect();
  expect(pod.started('nutcracker')).toBe(false);

  await move.run('cutover');
  await starting;
  await isReady(pod);
});

describe.each([
  ['bash', () => undefined],
  ['nc of busybox', () => busyboxPath(lab)],
])('with %s', (_shell, programs) => {
  test('a proxy that reaches no shard does not start, and a proxy that loses all shards is not ready', async () => {
    const it = await fleet(2, { path: programs(), secretValue: 'any "pass\\word"\n%s $HOME', replace: NO_DELAY });
    const { pod, starting } = beginStart(it);
    await until('it waits', () => pod.initOutput('await-masters').includes('waiting for these unavailable shards'));
    expect(pod.initOutput('await-masters')).toContain(`127.0.0.1:${it.portOf(0)} (no reply)`);

    await it.startShard(1);
    await starting;
    expect(pod.initOutput('await-masters')).toMatch(
      /starting without these unavailable shards:\n.*:\d+ \(no reply\)\n$/,
    );
    await isReady(pod);

    await it.stopShard(1, 'SIGKILL');
    await isNotReady(pod);
    await it.startShard(0);
    await isReady(pod);
    await pod.program('nutcracker').stop('SIGKILL');
    await isNotReady(pod);
  });
});

test('a proxy whose password every shard rejects does not start, and reports it', async () => {
  const it = await fleet(1);
  await it.startShard(0);
  await it.change(0, ['CONFIG', 'SET', 'requirepass', 'another']);
  const { pod, starting } = beginStart(it);
  const ended = starting.catch(() => undefined);
  await until('it waits', () => pod.initOutput('await-masters').includes('WRONGPASS'));
  await lab.close();
  await ended;
});

test('an open connection shows that a shard is reachable, without a DNS query or another connection', async () => {
  const it = await fleet(1, { path: process.env.PATH });
  await it.startShard(0);
  await it.startProxy();
  const pod = it.proxyPod();
  const client = it.client();
  await client.set('key', 'value');
  const connections = async (): Promise<number> =>
    Number(/total_connections_received:(\d+)/.exec(await shard.info('stats'))?.[1]);
  const shard = it.shardClient(0);
  const before = await connections();
  const probe = pod.exec(pod.container('nutcracker').readinessProbe?.exec?.command ?? []);
  expect(await probe.exit()).toBe(0);
  expect(await connections()).toBe(before);
  client.disconnect();
  shard.disconnect();
});

test('a proxy with a bridge is ready as long as a shard has a server', async () => {
  const { old, it } = await moving(lab, 2);
  const { pod } = await it.addProxy();
  await isReady(pod);
  await old.stop(0, 'SIGKILL');
  const [, port] = old.ports;
  expect(await accepts(port)).toBe(true);
  await isReady(pod);
  await old.stop(1, 'SIGKILL');
  await isNotReady(pod);
  await old.start(0);
  await isReady(pod);
});
