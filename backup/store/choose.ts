// The backup that a command reads: the newest complete one, or one by its name.

import * as fs from 'node:fs/promises';
import { UsageError } from '../../migrator/program/usage-error';
import { RefusedError } from '../../migrator/program/outcome';
import { type BackupDirectory } from './backup-directory';
import { type Destination } from './destination';
import { type Manifest, MANIFEST_VERSION, type ShardRecord } from './manifest';

/** A backup, and the files of its shards. */
export interface Chosen {
  readonly directory: BackupDirectory;
  readonly records: ReadonlyMap<number, ShardRecord>;
}

/** Throws a UsageError or a RefusedError. */
export async function chosenBackup(destination: Destination, ring: string, name?: string): Promise<Chosen> {
  const directory = name === undefined ? (await destination.complete()).at(0) : await named(destination, name);
  if (directory === undefined) throw new RefusedError(`${destination.directory} has no complete backup`);
  const manifest = await directory.manifest();
  if (manifest === undefined) {
    throw new RefusedError(
      `${directory.path} has no manifest.json: it is incomplete; choose another backup with --from`,
    );
  }
  checkManifest(manifest, directory, ring);
  return { directory, records: new Map(manifest.shards.map((record) => [record.shard, record])) };
}

async function named(destination: Destination, name: string): Promise<BackupDirectory> {
  const directory = destination.backup(name);
  const exists = await fs.stat(directory.path).catch(() => undefined);
  if (exists?.isDirectory() === true) return directory;
  const known = (await destination.complete()).map((it) => it.name);
  throw new UsageError(`--from: there is no ${directory.path}; the complete backups are ${known.join(', ') || 'none'}`);
}

function checkManifest({ version, ring: found }: Manifest, { path }: BackupDirectory, ring: string): void {
  // Read from a file: it may have any version.
  if ((version as number) !== MANIFEST_VERSION) {
    const remedy = 'use the version of cdk8s-twemproxy that wrote it';
    throw new RefusedError(
      `${path}: version of manifest.json is ${version}, but this program reads ${MANIFEST_VERSION}; ${remedy}`,
    );
  }
  if (found !== ring) {
    throw new RefusedError(
      `${path} is a backup of the ring ${found}, and the plan has the ring ${ring}: the proxies would look for its keys on other shards; restore it to a fleet with the names, weights and order of its manifest`,
    );
  }
}
