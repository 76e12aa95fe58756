// The files of old servers in a tree: one server for each shard writes its keys, shuts down, and leaves its directory behind.
// OLD_REDIS_SERVER in the environment names the program of another version.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type BackupPlan } from '../../lib/backup/backup-plan';
import { type PlannedPool } from '../../lib/migration/plan';
import { ringOf } from '../../migrator/data/planned-ring';
import { type Backups, type Ran } from './backups';
import { connect } from './clients';
import { isStream, keysWhere, writeDataset } from './dataset';
import { freePort, type Lab, type Program, until } from './lab';
import { ROOT } from './synthesized';

const POOL: PlannedPool = { name: 'p', hash: 'fnv1a_64', distribution: 'ketama', database: 0 };
const SCRIPT = path.join(ROOT, 'lib/scripts/scratch.sh');

export class OldFiles {
  /** Directories of two servers: the first one has an RDB file, the second one an AOF that was rewritten in the middle. */
  static async write(lab: Lab, keysOfEach: number): Promise<OldFiles> {
    const it = new OldFiles(lab);
    for (const shard of [0, 1]) await it.leave(shard, keysOfEach);
    fs.renameSync(it.tree, it.pristine);
    it.reset();
    return it;
  }

  /** The keys of each shard. */
  readonly keys: string[][] = [];
  readonly tree: string;
  private readonly pristine: string;
  private readonly scratch: string;
  private port = 0;
  private script?: Program;

  private constructor(private readonly lab: Lab) {
    this.tree = path.join(lab.dir, 'old');
    this.pristine = path.join(lab.dir, 'pristine');
    this.scratch = path.join(lab.dir, 'scratch');
  }

  /** The plan of two shards, whose rings place the keys. */
  planOf(plan: BackupPlan): BackupPlan {
    const shards = plan.shards.map((it, i) => ({
      ...it,
      names: [`p/${NAMES[i]}`],
      servers: [{ pool: 'p', ringName: NAMES[i], weight: 1 }],
      directories: [`${NAMES[i]}:6379`, `${NAMES[i]}/6379`],
    }));
    return { ...plan, pools: [POOL], shards };
  }

  /** The tree as the old servers left it. */
  reset(): void {
    fs.rmSync(this.tree, { recursive: true, force: true });
    fs.cpSync(this.pristine, this.tree, { recursive: true, preserveTimestamps: true });
  }

  path(...names: string[]): string {
    return path.join(this.tree, ...names);
  }

  /** The file that Redis loads last from an AOF. */
  get lastLog(): string {
    const directory = this.path(DIRECTORIES[1], 'appendonlydir');
    if (!fs.existsSync(directory)) return this.path(DIRECTORIES[1], 'appendonly.aof');
    return path.join(
      directory,
      fs
        .readdirSync(directory)
        .filter((name) => name.endsWith('.incr.aof'))
        .sort()
        .at(-1) ?? '',
    );
  }

  /** Starts an import, with the script of the pod beside it. */
  async start(
    backups: Backups,
    args: readonly string[] = [],
    env: NodeJS.ProcessEnv = {},
    plan = this.planOf(backups.plan),
  ): Promise<Program> {
    const slot = path.join(this.scratch, '0');
    fs.mkdirSync(slot, { recursive: true });
    // The script of an import that is done ends a moment later.
    if (fs.existsSync(path.join(slot, 'end'))) await this.script?.exit();
    if (this.script?.running !== true) {
      for (const name of ['end', 'alive']) fs.rmSync(path.join(slot, name), { force: true });
      this.script = this.lab.start('sh', [SCRIPT, slot]);
    }
    this.port ||= await freePort();
    const words = ['import', '--files', this.tree, '--scratch', this.scratch, '--port', String(this.port), ...args];
    return backups.start(words, env, plan);
  }

  async run(backups: Backups, args?: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ran> {
    const program = await this.start(backups, args, env);
    return { code: await program.exit(), output: program.output };
  }

  /** The exit code of the script, which ends with the import. */
  async scriptEnded(): Promise<number | null | undefined> {
    return this.script?.exit();
  }

  private async leave(shard: number, count: number): Promise<void> {
    const directory = this.path(DIRECTORIES[shard]);
    fs.mkdirSync(directory, { recursive: true });
    const port = await freePort();
    const isLog = shard === 1;
    const binary = process.env.OLD_REDIS_SERVER ?? 'redis-server';
    const settings = ['--port', String(port), '--dir', directory, '--save', '', '--appendonly', isLog ? 'yes' : 'no'];
    const program = this.lab.start(binary, settings);
    const client = connect(port, '');
    await program.ready(() => client.ping().then(Boolean, () => false));
    const hasStreams = await client.call('XLEN', 'x').then(
      () => true,
      () => false,
    );
    const keys = keysWhere((key) => shardOf(key) === shard && (hasStreams || !isStream(key)), count);
    await writeDataset(client, keys.slice(0, count / 2));
    if (isLog) {
      await client.bgrewriteaof();
      await until('the AOF is rewritten', async () =>
        (await client.info()).includes('aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0'),
      );
    }
    await writeDataset(client, keys.slice(count / 2));
    await client.call('SHUTDOWN', isLog ? 'NOSAVE' : 'SAVE').catch(() => undefined);
    client.disconnect();
    await program.exit();
    this.keys[shard] = keys;
  }
}

const NAMES = ['redis-a', 'redis-b'];

/** Below the tree. */
export const DIRECTORIES = ['redis-a:6379', 'redis-b/6379'];

const RING = ringOf(
  NAMES.map((ringName, shard) => ({ shard, servers: [{ pool: 'p', ringName, weight: 1 }] })),
  POOL,
);

function shardOf(key: string): number {
  return RING.ring._indexOf(Buffer.from(key));
}

/** A plan with a shard for each directory, to which all keys of that directory belong. */
export function planOfDirectories(plan: BackupPlan, directories: readonly string[]): BackupPlan {
  const pools = directories.map((name) => ({ ...POOL, name }));
  const shards = directories.map((name, shard) => ({
    shard,
    names: [`${name}/x`],
    a: `127.0.0.1:${shard + 1}`,
    servers: [{ pool: name, ringName: 'x', weight: 1 }],
    directories: [name],
  }));
  return { ...plan, pools, shards };
}
