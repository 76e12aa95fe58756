// Backups of shards with real servers: complete, consistent, and unharmed by whatever dies meanwhile.

import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { type Redis } from 'ioredis';
import { Backups, type Ran } from '../lab/backups';
import { longTest } from '../lab/cases';
import { PASSWORD } from '../lab/clients';
import { keysWhere, readDataset, writeDataset } from '../lab/dataset';
import { Lab, until } from '../lab/lab';
import { type LabShard, Replicated } from '../lab/replicated';

const KEYS = keysWhere(() => true, 330);

let lab: Lab;
let fleet: Replicated;
let backups: Backups;
const clients: Redis[] = [];
beforeAll(async () => {
  lab = new Lab();
  fleet = await Replicated.start(lab, { shards: 2 });
  for (const shard of fleet.shards) {
    const { client } = shard.servers.a;
    await writeDataset(client, KEYS);
    // More than the buffers of a connection, and not compressible.
    await client.set('large', randomBytes(16 * 1024 * 1024));
    await shard.replicated();
  }
});
beforeEach(() => (backups = new Backups(lab, fleet, PASSWORD)));
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
  fs.rmSync(backups.directory, { recursive: true, force: true });
});
afterAll(async () => {
  await fleet.close();
  await lab.close();
});

async function loaded(name: string, shard: number): Promise<Redis> {
  const client = await backups.loaded(name, shard);
  clients.push(client);
  return client;
}

function succeeds({ code, output }: Ran): void {
  expect([code, output]).toEqual([0, expect.stringContaining('is complete: 2 shards')]);
}

/** How many keys a server has read from its file. */
async function keysRead(server: Redis): Promise<number> {
  const info = await server.info('persistence');
  const field = (name: string): number => Number(new RegExp(`${name}:(\\d+)`).exec(info)?.[1]);
  return field('rdb_last_load_keys_loaded') + field('rdb_last_load_keys_expired');
}

test('a backup has all data of each shard, read from its replica', async () => {
  succeeds(await backups.run(['backup']));
  const [name] = backups.complete;
  const manifest = backups.manifest(name);
  expect(manifest).toMatchObject({ version: 1, fleet: 'unit-1', ring: 'a-ring' });
  for (const { shard, servers } of fleet.shards) {
    const record = manifest.shards[shard];
    const bytes = fs.readFileSync(backups.path(name, record.file));
    expect(record).toMatchObject({
      shard,
      names: [`p/${shard}`],
      server: `127.0.0.1:${servers.b.port}`,
      role: 'replica',
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      replicationId: (await servers.a.info()).get('master_replid'),
    });
    expect(record.offset).toBeGreaterThan(0);
    expect(record.samples.length).toBeGreaterThan(5);
    const restored = await loaded(name, shard);
    expect(await readDataset(restored, KEYS)).toEqual(await readDataset(servers.a.client, KEYS));
    expect(await keysRead(restored)).toBe(record.keys);
  }
  expect(backups.files(name).filter((file) => file.startsWith('.'))).toEqual([]);
});

test('the file of a shard under load is one state of it, also of a master that writes the file to its disk first', async () => {
  const [{ servers }] = fleet.shards;
  const { client } = servers.a;
  for (const diskless of ['yes', 'no']) {
    for (const server of Object.values(servers)) await server.client.config('SET', 'repl-diskless-sync', diskless);
    const load = { isOn: true };
    let last = 0;
    const writing = (async () => {
      while (load.isOn) {
        last++;
        await client
          .multi()
          .set(`seq:${last}`, last)
          .incr('left')
          .incr('right')
          .del(`seq:${last - 500}`)
          .exec();
      }
    })();
    succeeds(await backups.run(['backup']));
    load.isOn = false;
    await writing;
    const name = backups.complete[backups.complete.length - 1];
    const restored = await loaded(name, 0);
    const [left, right] = await restored.mget('left', 'right');
    expect(left).toBe(right);
    const present = (await restored.keys('seq:*')).map((key) => Number(key.slice(4))).sort((a, b) => a - b);
    expect(present).toEqual(present.map((_, i) => present[0] + i));
    expect(await keysRead(restored)).toBe(backups.manifest(name).shards[0].keys);
    await client.del('left', 'right', ...Array.from({ length: 501 }, (_, i) => `seq:${last - i}`));
  }
});

longTest('a disk that becomes full leaves the earlier backups, and the next try continues', async () => {
  succeeds(await backups.run(['backup']));
  const [first] = backups.complete;
  const limited = backups.start(['backup'], { JOB_NAME: 'unit-1-backup-1' }, backups.plan, '40');
  expect([await limited.exit(), limited.output]).toEqual([
    4,
    expect.stringMatching(/shard 1 is missing: EFBIG.*write; free space there.*earlier backups are unchanged/),
  ]);
  expect(backups.complete).toContain(first);
  succeeds(await backups.run(['backup'], { JOB_NAME: 'unit-1-backup-1' }));
});

test('a directory that cannot be used is refused', async () => {
  fs.writeFileSync(backups.directory, '');
  const { code, output } = await backups.run(['backup']);
  expect([code, output]).toEqual([3, expect.stringMatching(/make \d+:\d+ the owner of the root directory/)]);
});

describe('a shard that cannot be read', () => {
  let shard: LabShard;
  beforeEach(() => {
    [shard] = fleet.shards;
  });
  afterEach(async () => {
    const { a, b } = shard.servers;
    await a.client.replicaof('NO', 'ONE');
    await b.client.replicaof('127.0.0.1', a.port);
    await until('b follows a', async () => (await b.info()).get('master_link_status') === 'up');
  });

  /** The other shard is in the backup, and the next run adds this one. */
  async function isMissing(message: string): Promise<void> {
    const { code, output } = await backups.run(['backup']);
    expect([code, output]).toEqual([4, expect.stringContaining(`shard 0 is missing: ${message}`)]);
    expect(output).toContain('shard 1: done');
    expect(backups.complete).toEqual([]);
  }

  longTest('has two masters, or none', async () => {
    const { a, b } = shard.servers;
    await b.client.replicaof('NO', 'ONE');
    await isMissing(`127.0.0.1:${a.port} and 127.0.0.1:${b.port} are both masters; the Job failover-status shows`);
    await b.client.replicaof('127.0.0.1', '1');
    await a.client.replicaof('127.0.0.1', '1');
    await isMissing(`no server can be read: 127.0.0.1:${a.port} is a replica of 127.0.0.1:1, which it does not reach`);
    await a.client.replicaof('NO', 'ONE');
    const { code, output } = await backups.run(['backup', '--resume']);
    expect([code, output]).toEqual([0, expect.stringContaining('by an earlier try')]);
    expect(backups.manifest(backups.complete[0]).shards.map(({ role }) => role)).toEqual(['master', 'replica']);
  });

  test('is promoted while its file is read', async () => {
    const { b } = shard.servers;
    const program = backups.start(['backup', '--shards', '0'], {
      CDK8S_TWEMPROXY_SIGNAL_AT: 'backup.receiving SIGSTOP',
    });
    await until('it stops', () => program.isStopped);
    await b.client.replicaof('NO', 'ONE');
    program.child.kill('SIGCONT');
    expect([await program.exit(), program.output]).toEqual([
      4,
      expect.stringMatching(/its role or history changed during the backup; run this again|before its end/),
    ]);
    expect(backups.files(backups.names[0])).toEqual(['run.json']);
  });
});

longTest('Sentinels do not take a backup for a replica', async () => {
  const [{ name, servers }] = fleet.shards;
  const [sentinel] = fleet.sentinels;
  const [first, second] = backups.plan.shards;
  const withoutReplica = { ...backups.plan, shards: [{ ...first, b: undefined }, second] };
  const stopped = { CDK8S_TWEMPROXY_SIGNAL_AT: 'backup.receiving SIGSTOP' };
  const program = backups.start(['backup', '--shards', '0'], stopped, withoutReplica);
  await until('it stops', () => program.isStopped);
  expect(await servers.a.client.info('replication')).toMatch(/ip=backup\.invalid,port=0,state=send_bulk/);
  await sentinel.monitor(name, servers.a.port, 60_000);
  const replicas = async (): Promise<string[][]> =>
    (await sentinel.client.call('SENTINEL', 'REPLICAS', name)) as string[][];
  await until('Sentinel has read the list of replicas', async () => (await replicas()).length > 0);
  expect((await replicas()).map(([, address]) => address)).toEqual([`127.0.0.1:${servers.b.port}`]);
  await sentinel.client.call('SENTINEL', 'REMOVE', name);
  program.child.kill('SIGCONT');
  expect(await program.exit()).toBe(0);
});
