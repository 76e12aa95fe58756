// Fleets that move through a bridge, for tests of the bridge.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Redis } from 'ioredis';
import { LabFleet, type LabFleetProps } from './fleet';
import { type Lab, type Program, until } from './lab';
import { OldFleet } from './old-fleet';
import { type LabPod } from './pod';

/** Far longer than any delay on a busy machine, since no test is about it. */
const PATIENT = { timeout: 20_000 };

/** An old fleet, and the empty shards that will replace it. */
export async function moving(
  lab: Lab,
  servers: number,
  props: Partial<LabFleetProps> = {},
): Promise<{ old: OldFleet; it: LabFleet }> {
  const old = await OldFleet.of(lab, { servers, password: props.secretValue, pool: PATIENT });
  const it = await LabFleet.synthesize(lab, { servers, old: old.pool, ...props });
  await old.start();
  await Promise.all(old.ordinals.map((ordinal) => it.startShard(ordinal)));
  return { old, it };
}

/** The HTTP status of the bridge for a probe of kubelet. */
export async function statusOf(pod: LabPod, port: number, place: string): Promise<number> {
  if (!pod.program('bridge').running) throw new Error(`the bridge has ended: ${pod.program('bridge').output}`);
  const response = await fetch(`http://127.0.0.1:${port}${place}`);
  await response.text();
  return response.status;
}

/** The clients of a server behind a bridge. */
export interface Connected {
  /** A client of the proxy. */
  readonly client: Redis;
  /** A client of the server itself. */
  readonly control: Redis;
  readonly bridge: Program;
}

/** Stops the programs for 300 ms several times, and expects that no connection was closed. */
export async function staysConnected(
  { client, control, bridge }: Connected,
  stalled: readonly Program[],
  rounds: number,
): Promise<void> {
  const connections = async (): Promise<number> =>
    Number(/total_connections_received:(\d+)/.exec(await control.info('stats'))?.[1]);
  await client.set('key', 'value');
  for (let round = 0; round < rounds; round++) {
    for (const { child } of stalled) child.kill('SIGSTOP');
    await sleep(300);
    for (const { child } of stalled) child.kill('SIGCONT');
    expect(await client.get('key')).toBe('value');
  }
  const checks = await connections();
  await until('the bridge has made ten more checks', async () => (await connections()) > checks + 10);
  expect(await client.get('key')).toBe('value');
  expect(bridge.output).not.toContain('is DOWN, reason');
}
