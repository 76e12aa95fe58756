// How long a backup and a restore of one shard take, beside what Redis itself needs: npx tsx bench/backup.ts (after npm run build)

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Backups } from '../test/lab/backups';
import { PASSWORD } from '../test/lab/clients';
import { freePort, type Lab } from '../test/lab/lab';
import { Replicated } from '../test/lab/replicated';
import { runParts } from './parts';
import { heading, median, megabytes, row, seconds, timeOf, times } from './table';

const ROUNDS = 3;
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
  const restored: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    plain.push(await plainLoad(lab, file));
    await a.client.flushall();
    restored.push(await timeOf(async () => run('restore', '--host', '127.0.0.1', '--port', String(await freePort()))));
  }
  heading('A restore of the same', 'median', 'speed');
  row('  redis-server loads the file (reference)', seconds(median(plain)), times(1));
  row('  restore, until the shard is a master', seconds(median(restored)), times(median(plain) / median(restored)));
  row('  aim', '', '0.80 x');
}

async function redisCliRdb(lab: Lab, port: number, file: string): Promise<void> {
  const env = { ...process.env, REDISCLI_AUTH: PASSWORD };
  const program = lab.start('redis-cli', ['-p', String(port), '--rdb', file], { env });
  if ((await program.exit()) !== 0) throw new Error(program.output);
}

/** Milliseconds from the start of a server until it has loaded the file. */
async function plainLoad(lab: Lab, file: string): Promise<number> {
  const words = ['--port', String(await freePort()), '--dir', path.dirname(file), '--dbfilename', path.basename(file)];
  const start = performance.now();
  const program = lab.start('redis-server', [...words, '--save', '']);
  await program.ready(() => program.output.includes('Ready to accept connections'));
  const took = performance.now() - start;
  await program.stop('SIGKILL');
  return took;
}

void runParts({ backupAndRestore }, process.argv.slice(2), ['redis-server -v']);
