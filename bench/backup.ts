// How long a backup and a restore of one shard take, beside what Redis itself needs: npx tsx bench/backup.ts (after npm run build)

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Backups } from '../test/lab/backups';
import { connect, PASSWORD } from '../test/lab/clients';
import { freePort, type Lab, until } from '../test/lab/lab';
import { Replicated } from '../test/lab/replicated';
import { runParts } from './parts';
import { heading, median, megabytes, row, seconds, timeOf, times } from './table';

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

  const plain: number[] = [];
  const durable: number[] = [];
  const restored: number[] = [];
  const started: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    plain.push(await loadByHand(lab, file, false));
    await a.client.flushall();
    restored.push(await timeOf(async () => run('restore', '--host', '127.0.0.1', '--port', String(await freePort()))));
    durable.push(await loadByHand(lab, file, true));
    started.push(await timeOf(() => run('restore', '--help')));
  }
  for (const [name, all] of Object.entries({ plain, durable, restored })) row(`  ${name}`, ...all.map(seconds));
  const speed = (of: number[]): string[] => [seconds(median(of)), times(median(plain) / median(of))];
  heading('A restore of the same', 'median', 'speed');
  row('  redis-server loads the file (reference)', ...speed(plain));
  row('  the same, then its AOF is turned on and written', ...speed(durable));
  row('  restore, until the shard is a master', ...speed(restored));
  row('  aim', '', '0.80 x');
  row('  the start of Node.js in a restore', seconds(median(started)));
}

async function redisCliRdb(lab: Lab, port: number, file: string): Promise<void> {
  const env = { ...process.env, REDISCLI_AUTH: PASSWORD };
  const program = lab.start('redis-cli', ['-p', String(port), '--rdb', file], { env });
  if ((await program.exit()) !== 0) throw new Error(program.output);
}

/** Milliseconds from the start of a server until it has loaded the file, and has it in its AOF, as a shard has. */
async function loadByHand(lab: Lab, file: string, isDurable: boolean): Promise<number> {
  const directory = fs.mkdtempSync(path.join(lab.dir, 'plain-'));
  fs.linkSync(file, path.join(directory, 'dump.rdb'));
  const port = await freePort();
  const start = performance.now();
  const program = lab.start('redis-server', ['--port', String(port), '--dir', directory, '--save', '']);
  await program.ready(() => program.output.includes('Ready to accept connections'));
  if (isDurable) {
    const client = connect(port, '');
    await client.config('SET', 'appendonly', 'yes');
    await until('the AOF is written', async () =>
      (await client.info('persistence')).includes('aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0'),
    );
    client.disconnect();
  }
  const took = performance.now() - start;
  await program.stop('SIGKILL');
  fs.rmSync(directory, { recursive: true });
  return took;
}

void runParts({ backupAndRestore }, process.argv.slice(2), ['redis-server -v']);
