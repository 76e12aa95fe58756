// The results of the synthesized probes for real servers in every state.

import * as fs from 'node:fs';
import { RedisConfig, type RedisOptions } from '../lib';
import { LabFleet } from './lab/fleet';
import { accepts, Lab, until } from './lab/lab';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

function fleet(redis?: RedisOptions): Promise<LabFleet> {
  return LabFleet.synthesize(lab, { servers: 1, redis });
}

async function probeResults(it: LabFleet): Promise<{ alive: boolean; ready: boolean }> {
  const pod = it.shardPod(0);
  const [alive, ready] = await Promise.all(
    (['livenessProbe', 'readinessProbe'] as const).map(async (probe) => (await pod.exec(it.probe(probe)).exit()) === 0),
  );
  return { alive, ready };
}

async function ping(it: LabFleet): Promise<string> {
  const client = it.shardClient(0);
  const reply = await client.ping().catch((error: unknown) => (error as Error).message);
  client.disconnect();
  return reply;
}

test('probes find a serving master alive and ready', async () => {
  const it = await fleet();
  await it.startShard(0);
  expect(await probeResults(it)).toEqual({ alive: true, ready: true });
});

test('probes find a replica that refuses stale reads alive and ready: it has to be reachable', async () => {
  const it = await fleet({ startAsReplica: true });
  await it.startShard(0);
  await it.change(0, ['CONFIG', 'SET', 'replica-serve-stale-data', 'no']);
  expect(await probeResults(it)).toEqual({ alive: true, ready: true });
});

test('probes find a server that cannot save alive and ready: a restart would lose unsaved data', async () => {
  const it = await fleet();
  await it.startShard(0);
  const directory = it.shardPod(0).directory('/data');
  fs.chmodSync(directory, 0o500);
  await it.change(0, ['SET', 'a', '1'], ['BGSAVE']);
  await until('PING returns MISCONF', async () => (await ping(it)).startsWith('MISCONF'));
  expect(await probeResults(it)).toEqual({ alive: true, ready: true });
  fs.chmodSync(directory, 0o700);
});

test('probes find a server with a long script alive and ready: it has to be reachable for SCRIPT KILL', async () => {
  const it = await fleet({ config: RedisConfig.of({ raw: { 'busy-reply-threshold': '1' } }) });
  await it.startShard(0);
  const client = it.shardClient(0);
  const script = client.eval('while true do end', 0).catch(() => undefined);
  await until('PING returns BUSY', async () => (await ping(it)).startsWith('BUSY'));
  expect(await probeResults(it)).toEqual({ alive: true, ready: true });
  await it.change(0, ['SCRIPT', 'KILL']);
  await script;
  client.disconnect();
});

test('probes find a server with too many clients alive, but not ready', async () => {
  const it = await fleet({ config: RedisConfig.of({ maxclients: 1 }) });
  const program = await it.shardPod(0).start();
  await program.ready(() => accepts(it.portOf(0)));
  const client = it.shardClient(0);
  await until('the only client is connected', async () => (await client.ping().catch(() => '')) === 'PONG');
  expect(await probeResults(it)).toEqual({ alive: true, ready: false });
  client.disconnect();
});

test('probes find a server that does not reply neither alive nor ready', async () => {
  const it = await fleet();
  const program = await it.startShard(0);
  const pod = it.shardPod(0);
  program.child.kill('SIGSTOP');
  const probe = pod.exec(['timeout', '1', ...it.probe('livenessProbe')]);
  expect(await probe.exit()).not.toBe(0);
  program.child.kill('SIGCONT');
});

test('probes find a loading server alive, but not ready', async () => {
  // Loading takes far longer than the test, and serves clients every 1,024 commands.
  const it = await fleet({ config: RedisConfig.of({ raw: { 'key-load-delay': '1000' } }) });
  await it.startShard(0);
  await it.change(0, ...Array.from({ length: 60_000 }, (_, i) => ['SET', `key:${i}`, 'x']));
  await it.stopShard(0);

  await it.shardPod(0).start();

  await until('PING returns LOADING', async () => (await ping(it)).startsWith('LOADING'));
  expect(await probeResults(it)).toEqual({ alive: true, ready: false });
});

test('the startup probe waits until a server has loaded, over few connections', async () => {
  const it = await fleet({ config: RedisConfig.of({ raw: { 'key-load-delay': '1000' } }) });
  await it.startShard(0);
  await it.change(0, ...Array.from({ length: 60_000 }, (_, i) => ['SET', `key:${i}`, 'x']));
  await it.stopShard(0);

  const pod = it.shardPod(0);
  const probe = pod.exec(it.probe('startupProbe'));
  await pod.start();
  await until('PING returns LOADING', async () => (await ping(it)).startsWith('LOADING'));
  expect(probe.running).toBe(true);
  await it.change(0, ['CONFIG', 'SET', 'key-load-delay', '0']);
  expect(await probe.exit()).toBe(0);
  expect(await probeResults(it)).toEqual({ alive: true, ready: true });
});

test('probes find a server with another password alive, but not ready', async () => {
  const it = await fleet();
  await it.startShard(0);
  await it.change(0, ['CONFIG', 'SET', 'requirepass', 'another']);
  expect(await probeResults(it)).toEqual({ alive: true, ready: false });
});

test('probes find a stopped server neither alive nor ready', async () => {
  const it = await fleet();
  await it.startShard(0);
  await it.stopShard(0);
  expect(await probeResults(it)).toEqual({ alive: false, ready: false });
});
