// The backups of replicated shards, by the built program, and a server that loads a file of one.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Redis } from 'ioredis';
import { type BackupPlan } from '../../lib/backup/backup-plan';
import { type Manifest } from '../../backup/store/manifest';
import { connect } from './clients';
import { freePort, type Lab, type Program } from './lab';
import { type Replicated } from './replicated';
import { ROOT } from './synthesized';

const PROGRAM = path.join(ROOT, 'build/backup/backup.mjs');

/** What a command printed. */
export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

export class Backups {
  readonly directory: string;

  constructor(
    private readonly lab: Lab,
    private readonly fleet: Replicated,
    private readonly password: string,
  ) {
    this.directory = path.join(lab.dir, 'backups');
  }

  get plan(): BackupPlan {
    const { fleet, shards, sentinels } = this.fleet.plan;
    return {
      version: 1,
      fleet,
      ring: 'a-ring',
      sentinels,
      shards: shards.map((it) => ({ ...it, names: [`p/${it.shard}`] })),
    };
  }

  /** Starts a command of the built program. @param limit the largest size of a file, in blocks of 512 bytes */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}, plan = this.plan, limit = 'unlimited'): Program {
    const [command, ...options] = args;
    const file = this.lab.write('backup.json', JSON.stringify(plan));
    const words = [process.execPath, PROGRAM, command, '--plan', file, '--directory', this.directory, ...options];
    return this.lab.start('sh', ['-c', `ulimit -f ${limit}; exec "$@"`, 'sh', ...words], {
      env: { ...process.env, REDIS_PASSWORD: this.password, ...env },
    });
  }

  async run(args: readonly string[], env?: NodeJS.ProcessEnv, plan?: BackupPlan): Promise<Ran> {
    const program = this.start(args, env, plan);
    return { code: await program.exit(), output: program.output };
  }

  /** The names of all backups, in the order of their times. */
  get names(): string[] {
    const directory = path.join(this.directory, this.plan.fleet);
    return fs.existsSync(directory) ? fs.readdirSync(directory).sort() : [];
  }

  get complete(): string[] {
    return this.names.filter((name) => this.files(name).includes('manifest.json'));
  }

  files(name: string): string[] {
    return fs.readdirSync(this.path(name)).sort();
  }

  path(name: string, file = ''): string {
    return path.join(this.directory, this.plan.fleet, name, file);
  }

  manifest(name: string): Manifest {
    return JSON.parse(fs.readFileSync(this.path(name, 'manifest.json'), 'utf8')) as Manifest;
  }

  /** A server that has loaded the file of a shard. */
  async loaded(name: string, shard: number): Promise<Redis> {
    const { file } = this.manifest(name).shards[shard];
    const directory = fs.mkdtempSync(path.join(this.lab.dir, 'loaded-'));
    fs.copyFileSync(this.path(name, file), path.join(directory, 'dump.rdb'));
    const port = await freePort();
    const words = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', ''];
    const program = this.lab.start('redis-server', words);
    const client = connect(port, '');
    await program.ready(() => client.ping().then(Boolean, () => false));
    return client;
  }
}
