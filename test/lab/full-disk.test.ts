// A full disk of the lab behaves like a real one for redis-server.

import { type Redis } from 'ioredis';
import { connect } from './clients';
import { FullDisk } from './full-disk';
import { freePort, Lab, type Program } from './lab';

let lab: Lab;
let client: Redis;
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  client.disconnect();
  await lab.close();
});

test('a full disk fails only writes to files, also those of a server that starts on it', async () => {
  const disk = new FullDisk(lab);
  const port = await freePort();
  client = connect(port, 'secret', { retryStrategy: () => 20 });
  const file = lab.write('redis.conf', `port ${port}\nrequirepass secret\ndir ${lab.dir}\n`);
  const start = (): Promise<Program> =>
    lab
      .start('redis-server', [file], { env: { ...process.env, PATH: disk.path() } })
      .ready(() => client.ping().then(Boolean, () => false));
  const program = await start();
  await client.set('key', 'value');

  disk.fill();
  await expect(client.save()).rejects.toThrow('ERR');
  await expect(client.config('REWRITE')).rejects.toThrow('Rewriting config file: File too large');
  expect(await client.get('key')).toBe('value');

  disk.free();
  expect([await client.save(), await client.config('REWRITE')]).toEqual(['OK', 'OK']);

  disk.fill();
  await program.stop('SIGKILL');
  await start();
  expect(await client.get('key')).toBe('value');
  await expect(client.save()).rejects.toThrow('ERR');

  disk.free();
  expect(await client.save()).toBe('OK');
});
