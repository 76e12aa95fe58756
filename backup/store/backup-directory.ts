// The directory of one backup: an RDB file and a record for each shard, and at last the manifest.

import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { TEMPORARY, TemporaryFile, writeDurably } from './durable-file';
import { type Manifest, RECORD_NAME, recordName, type ShardRecord } from './manifest';

const MANIFEST = 'manifest.json';

/** The run that writes it: a Job that is run again continues its own backup. */
const RUN = 'run.json';

/** Which run a backup belongs to. */
export interface RunId {
  /** The name of the Job; empty if the program was started by hand. */
  readonly job: string;
  /** Identifies the plan. */
  readonly plan: string;
}

export class BackupDirectory {
  constructor(readonly path: string) {}

  get name(): string {
    return path.basename(this.path);
  }

  /** The path of a file in it. */
  file(name: string): string {
    return path.join(this.path, name);
  }

  async create(run: RunId): Promise<void> {
    await fs.mkdir(this.path, { mode: 0o700 });
    await writeDurably(this.path, RUN, `${JSON.stringify(run)}\n`);
  }

  /** The run that writes it; undefined if that died before it said so. */
  async run(): Promise<RunId | undefined> {
    return (await this.json(RUN)) as RunId | undefined;
  }

  /** Undefined if the backup is not complete. */
  async manifest(): Promise<Manifest | undefined> {
    return (await this.json(MANIFEST)) as Manifest | undefined;
  }

  async isComplete(): Promise<boolean> {
    return fs.access(path.join(this.path, MANIFEST)).then(
      () => true,
      () => false,
    );
  }

  /** The finished shards, by ordinal. */
  async records(): Promise<Map<number, ShardRecord>> {
    const names = (await fs.readdir(this.path)).filter((name) => RECORD_NAME.test(name));
    const records = await Promise.all(names.map((name) => this.json(name) as Promise<ShardRecord>));
    return new Map(records.map((record) => [record.shard, record]));
  }

  newFile(name: string): Promise<TemporaryFile> {
    return TemporaryFile.create(this.path, name);
  }

  async record(record: ShardRecord): Promise<void> {
    await writeDurably(this.path, recordName(record.shard), `${JSON.stringify(record)}\n`);
  }

  /** Completes the backup. */
  async complete(manifest: Manifest): Promise<void> {
    const { shards, ...rest } = manifest;
    const head = JSON.stringify(rest, undefined, 2).slice(0, -2);
    const lines = shards.map((shard) => `    ${JSON.stringify(shard)}`);
    await writeDurably(this.path, MANIFEST, `${head},\n  "shards": [\n${lines.join(',\n')}\n  ]\n}\n`);
  }

  /** Removes what a program that died left behind. */
  async removeTemporaries(): Promise<void> {
    for (const name of await fs.readdir(this.path)) {
      if (name.endsWith(TEMPORARY)) await fs.rm(path.join(this.path, name), { force: true });
    }
  }

  /** When something in it was written last, in milliseconds since 1970. */
  async changedAt(): Promise<number> {
    const names = ['.', ...(await fs.readdir(this.path))];
    const times = names.map((name) =>
      fs.stat(path.join(this.path, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    );
    return Math.max(...(await Promise.all(times)));
  }

  /** Removes the backup; without its manifest first, so that a removal that dies leaves none that counts. */
  async remove(): Promise<void> {
    await fs.rm(path.join(this.path, MANIFEST), { force: true });
    await fs.rm(this.path, { recursive: true, force: true });
  }

  private async json(name: string): Promise<unknown> {
    const file = path.join(this.path, name);
    try {
      return JSON.parse(await fs.readFile(file, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      if (error instanceof SyntaxError) throw new Error(`${file} is damaged: ${error.message}`, { cause: error });
      throw error;
    }
  }
}
