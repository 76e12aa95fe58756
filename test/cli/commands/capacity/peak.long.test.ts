// What capacity predicts from INFO of a server that is not full yet, compared with the memory that the full server uses: for a
// snapshot and a rewrite of the AOF under writes, with a replica. What a pod's cgroup counts is the anonymous memory of both processes.

import * as fs from 'node:fs';
import { Redis } from 'ioredis';
import { peakAt } from '../../../../cli/commands/capacity/memory-model';
import { memoryOf } from '../../../../cli/commands/capacity/server-memory';
import { ServerInfo, SETTINGS } from '../../../../cli/input/server-info';
import { accepts, freePorts, Lab, type Program, until } from '../../../lab/lab';

const MEBIBYTE = 2 ** 20;
const MAXMEMORY = 64 * MEBIBYTE;

/** The part of maxmemory that is filled when the prediction is made. */
const FILLED = 0.55;

const lab = new Lab();
const clients: Redis[] = [];
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await lab.close();
});

async function start(port: number, ...options: string[]): Promise<Program> {
  const directory = fs.mkdtempSync(`${lab.dir}/redis-`);
  // The delay for each key keeps the child alive until it is stopped below.
  const persistence = ['--dir', directory, '--save', '', '--appendonly', 'yes', '--auto-aof-rewrite-percentage', '0'];
  const server = lab.start('redis-server', [
    '--port',
    String(port),
    ...persistence,
    '--rdb-key-save-delay',
    '-20',
    ...options,
  ]);
  return server.ready(() => accepts(port));
}

/** Always the same numbers, from 0 to 1 (mulberry32). */
function randomNumbers(): () => number {
  let seed = 7;
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Shard {
  private readonly random = randomNumbers();
  private keys = 0;

  constructor(
    private readonly client: Redis,
    private readonly program: Program,
    private readonly memoryBytes: (pid: number) => number,
  ) {}

  async fill(bytes: number): Promise<void> {
    const evicted = async (): Promise<boolean> => ((await this.info()).number('evicted_keys') ?? 0) > 0;
    while ((await this.info()).required('used_memory') < bytes && !(await evicted())) {
      await this.write(500, () => this.keys++);
    }
  }

  /** The memory of parent and child, after an eighth of as many keys were written during the fork. */
  async forked(command: string): Promise<number> {
    const parent = this.program.child.pid ?? 0;
    // Stopped, so that the number of writes does not depend on the speed of the machine.
    const child = await this.stoppedChild(command, parent);
    await this.write(Math.ceil(this.keys / 8), () => Math.floor(this.random() * this.keys));
    const bytes = this.memoryBytes(parent) + this.memoryBytes(child);
    process.kill(child, 'SIGCONT');
    await this.isIdle(command);
    return bytes;
  }

  /** The child that the command forks, stopped. A child that ended before is forked again. */
  private async stoppedChild(command: string, parent: number): Promise<number> {
    for (;;) {
      await this.client.call(command);
      const child = childrenOf(parent).find(stop);
      if (child !== undefined) return child;
      await this.isIdle(command);
    }
  }

  private async isIdle(command: string): Promise<void> {
    await until(`${command} is complete`, async () => {
      const info = await this.info();
      return ['rdb_bgsave_in_progress', 'aof_rewrite_in_progress'].every((field) => info.text(field) === '0');
    });
  }

  async info(): Promise<ServerInfo> {
    const settings = await Promise.all(SETTINGS.map((name) => this.client.config('GET', name) as Promise<string[]>));
    const lines = [...(await this.client.info()).split('\r\n'), ...settings.flat()];
    return ServerInfo.of('shard', lines, { file: 'shard', line: 0 });
  }

  private async write(count: number, keyOf: () => number): Promise<void> {
    for (let written = 0; written < count; written += 100) {
      const pipeline = this.client.pipeline();
      for (let i = 0; i < 100; i++)
        pipeline.set(`key:${keyOf()}`, 'x'.repeat(40 + Math.floor(8000 * this.random() ** 3)));
      await pipeline.exec();
    }
  }
}

function childrenOf(pid: number): number[] {
  return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** Stops a process; false if it has ended. */
function stop(pid: number): boolean {
  try {
    process.kill(pid, 'SIGSTOP');
    // A process that has ended but was not waited for yet has no memory.
    return fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8') !== '';
  } catch {
    return false;
  }
}

/** The anonymous memory of a process, shared pages in proportion, and its page tables. */
function anonymousBytes(pid: number): number {
  const kibibytes = (file: string, field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(fs.readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1]);
  return (kibibytes('smaps_rollup', 'Pss_Anon') + kibibytes('status', 'VmPTE')) * 1024;
}

test('the predicted peak is within 10 % of the observed one', async () => {
  const [port, replicaPort] = await freePorts(2);
  const program = await start(port, '--maxmemory', String(MAXMEMORY), '--maxmemory-policy', 'allkeys-lru');
  await start(replicaPort, '--replicaof', `127.0.0.1 ${port}`);
  const client = new Redis(port);
  clients.push(client);
  await until('the replica is linked', async () => (await client.info('replication')).includes('state=online'));
  const shard = new Shard(client, program, anonymousBytes);

  await shard.fill(FILLED * MAXMEMORY);
  for (const command of ['BGSAVE', 'BGREWRITEAOF']) await shard.forked(command);
  const predicted = peakAt(memoryOf(await shard.info()), MAXMEMORY).total;

  await shard.fill(MAXMEMORY);
  const observed = [await shard.forked('BGSAVE'), await shard.forked('BGREWRITEAOF')];
  // The fork is a visible part of it.
  expect(Math.min(...observed)).toBeGreaterThan(1.25 * MAXMEMORY);
  for (const bytes of observed) expect(Math.abs(predicted / bytes - 1)).toBeLessThan(0.1);
});
