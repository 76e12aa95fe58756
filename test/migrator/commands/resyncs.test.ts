// Repeated full synchronizations, each of which forks the live master, are detected, explained and ended.

import { type Redis } from 'ioredis';
import { ExitCode } from '../../../migrator/program/outcome';
import { sync } from '../../../migrator/commands/sync';
import { Lab } from '../../lab/lab';
import { started, syncRefusal } from '../findings';
import { Pairs } from '../pairs';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  Pairs.disconnectAll();
  await lab.close();
});

/** Writes as fast as possible until the returned function is called. */
function writing(client: Redis): () => Promise<void> {
  const stopping = new AbortController();
  const value = 'x'.repeat(200_000);
  const write = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await Promise.all(Array.from({ length: 10 }, (_, i) => client.set(`busy:${i}`, value)));
    }
  };
  const done = write();
  return () => {
    stopping.abort();
    return done;
  };
}

test('a replica that is disconnected each time is detached, with the limit to set, and a rerun then works', async () => {
  const directives = (): string[][] => [
    ['client-output-buffer-limit', 'replica', '1mb', '1mb', '1'],
    ['repl-diskless-sync-delay', '0'],
  ];
  const pairs = await started(lab, { directives });
  const old = pairs.oldFleet.serverClient(0);
  let stop = (): Promise<void> => Promise.resolve();
  try {
    for (let i = 0; i < 20; i++) await old.set(`large:${i}`, 'x'.repeat(2_000_000));
    stop = writing(old);
    const options = { concurrency: 1, perSourceHost: 1, patienceMs: 60_000 };
    const [refused] = await sync(pairs.contextOf(), options);

    expect(refused).toMatchObject({ code: ExitCode.REFUSED });
    expect(refused.message).toMatch(/sent all its data \d+ times, and forked each time, so the new one was detached/);
    expect(refused.message).toMatch(
      /buffers no more than 1.0 MiB for a replica \(client-output-buffer-limit\): set it to \d+ MiB/,
    );
    const fresh = pairs.new(0);
    expect(await fresh.info('replication')).toMatch(/master_host:127.0.0.1\r\nmaster_port:1\r\n/);
    const syncs = async (): Promise<string | undefined> => /sync_full:\d+/.exec(await old.info('stats'))?.[0];
    const before = await syncs();
    await old.set('later', 'x');
    expect(await syncs()).toBe(before);

    const [, value] = /CONFIG SET client-output-buffer-limit "([^"]+)"/.exec(refused.message) ?? [];
    await old.config('SET', 'client-output-buffer-limit', value);
    await stop();
    const [done] = await sync(pairs.contextOf(), options);
    expect(done).toEqual({ shard: 0, code: ExitCode.DONE, message: 'in sync' });
  } finally {
    await stop();
    old.disconnect();
  }
});

test('reports an old server that cannot write its snapshot', async () => {
  const directives = (): string[][] => [
    ['repl-diskless-sync', 'no'],
    ['enable-protected-configs', 'yes'],
  ];
  const pairs = await started(lab, { directives });
  await pairs.old(0).set('key', 'value');
  // Not even root can create files there.
  await pairs.old(0).config('SET', 'dir', '/proc');
  expect(await syncRefusal(pairs)).toMatch(/127.0.0.1:\d+ cannot write the snapshot that it has to send/);
});
