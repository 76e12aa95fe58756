// How long a backup and a restore of one shard take, beside what Redis itself needs: npx tsx bench/backup.ts (after npm run build)

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Redis } from 'ioredis';
import { Backups } from '../test/lab/backups';
import { connect, PASSWORD } from '../test/lab/clients';
import { freePort, type Lab, until } from '../test/lab/lab';
import { Replicated } from '../test/lab/replicated';
import { runParts } from './parts';
import { heading, median, megabytes, row, seconds, timeOf, times } from './table';

type Server = Replicated['shards'][number]['servers']['a'];

const ROUNDS = 5;
const KEYS = 1_000_000;
const BATCH = 100_000;

/** Values of some 150 bytes, and every tenth key a hash. */
const WRITE = `for i = ARGV[1], ARGV[2] do
  if i % 10 == 0 then redis.call('HSET', 'hash:' .. i, 'a', i, 'b', string.rep('x', 40) .. i)
  else redis.call('SET', 'key:' .. i, redis.sha1hex(i) .. redis.sha1hex(i + 1) .. redis.sha1hex(i + 2)) end
end`;

async function backupAndRestore(lab: Lab): Promise<void> {
  const fleet = await Replicated.start(lab, { shards: 1 });
  try {
    await measure(lab, fleet);
  } finally {
    await fleet.close();
  }
}

async function measure(lab: Lab, fleet: Replicated): Promise<void> {
  const { a, b } = fleet.shards[0].servers;
  // One server: a second one would load at the same time, on the same cores.
  await b.kill();
  for (let n = 0; n < KEYS; n += BATCH) await a.client.eval(WRITE, 0, n, n + BATCH - 1);
  const backups = new Backups(lab, fleet, PASSWORD);
  const plan = { ...backups.plan, sentinels: [], shards: backups.plan.shards.map((it) => ({ ...it, b: undefined })) };
  const run = async (...args: string[]): Promise<void> => {
    const { code, output } = await backups.run(args, {}, plan);
    if (code !== 0) throw new Error(output);
  };

  const file = path.join(lab.dir, 'plain.rdb');
  const ofRedis: number[] = [];
  const own: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ofRedis.push(await timeOf(() => redisCliRdb(lab, a.port, file)));
    own.push(await timeOf(() => run('backup')));
  }
  heading(
    `A backup of ${KEYS.toLocaleString('en')} keys, ${megabytes(fs.statSync(file).size)}`,
    'median',
    'of the floor',
  );
  row('  redis-cli --rdb (floor)', seconds(median(ofRedis)), times(1));
  row('  backup', seconds(median(own)), times(median(own) / median(ofRedis)));

  const plain: Load[] = [];
  const durable: Load[] = [];
  const uncompressed: Load[] = [];
  const restored: Load[] = [];
  const started: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    plain.push(await loadByHand(lab, file));
    await emptied(a);
    const before = await cpuOf(a.client);
    const port = String(await freePort());
    const took = await timeOf(() => run('restore', '--host', '127.0.0.1', '--port', port));
    restored.push({ took, cpu: (await cpuOf(a.client)) - before });
    durable.push(await loadByHand(lab, file, 'yes'));
    uncompressed.push(await loadByHand(lab, file, 'no'));
    started.push(await timeOf(() => run('restore', '--help')));
  }
  const tookBy = (of: Load[]): number => median(of.map(({ took }) => took));
  const cpuBy = (of: Load[]): number => median(of.map(({ cpu }) => cpu));
  const speed = (of: Load[]): string[] => [
    seconds(tookBy(of)),
    times(tookBy(plain) / tookBy(of)),
    seconds(cpuBy(of)),
    times(cpuBy(plain) / cpuBy(of)),
  ];
  heading('A restore of the same', 'median', 'speed', 'CPU of Redis', 'speed');
  row('  redis-server loads the file (reference)', ...speed(plain));
  row('  the same, then its AOF is turned on and written', ...speed(durable));
  row('  the same, uncompressed', ...speed(uncompressed));
  row('  restore, until the shard is a master', ...speed(restored));
  row('  aim', '', '0.80 x');
  row('  the start of Node.js in a restore', seconds(median(started)));
}

/**
 * Starts the server again without data. The server that has written the file writes the same keys again in a fifth of the time that any
 * other one takes, most likely since it has them in the order of the file.
 */
async function emptied(server: Server): Promise<void> {
  await server.client.flushall();
  await server.client.bgrewriteaof();
  await isWritten(server.client);
  await server.kill();
  await server.start();
}

async function isWritten(client: Redis): Promise<void> {
  await until('the AOF is written', async () =>
    (await client.info('persistence')).includes('aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0'),
  );
}

async function redisCliRdb(lab: Lab, port: number, file: string): Promise<void> {
  const env = { ...process.env, REDISCLI_AUTH: PASSWORD };
  const program = lab.start('redis-cli', ['-p', String(port), '--rdb', file], { env });
  if ((await program.exit()) !== 0) throw new Error(program.output);
}

/** Milliseconds of time, and of the CPU time of the server and its forks. */
interface Load {
  readonly took: number;
  readonly cpu: number;
}

async function cpuOf(client: Redis): Promise<number> {
  const text = await client.info('cpu');
  const used = [...text.matchAll(/^used_cpu_(?:user|sys)(?:_children)?:([\d.]+)/gm)];
  return used.reduce((sum, [, value]) => sum + 1000 * Number(value), 0);
}

/** Milliseconds from the start of a server until it has loaded the file; with `compression`, also until it has it in its AOF, as a shard. */
async function loadByHand(lab: Lab, file: string, compression?: 'yes' | 'no'): Promise<Load> {
  const directory = fs.mkdtempSync(path.join(lab.dir, 'plain-'));
  fs.linkSync(file, path.join(directory, 'dump.rdb'));
  const port = await freePort();
  const start = performance.now();
  const program = lab.start('redis-server', ['--port', String(port), '--dir', directory, '--save', '']);
  await program.ready(() => program.output.includes('Ready to accept connections'));
  const client = connect(port, '');
  if (compression !== undefined) {
    await client.config('SET', 'rdbcompression', compression);
    await client.config('SET', 'appendonly', 'yes');
    await isWritten(client);
  }
  const took = performance.now() - start;
  const cpu = await cpuOf(client);
  client.disconnect();
  await program.stop('SIGKILL');
  fs.rmSync(directory, { recursive: true });
  return { took, cpu };
}

void runParts({ backupAndRestore }, process.argv.slice(2), ['redis-server -v']);
