// Writes files that are complete if they exist, also after a crash of the node: to a temporary name, to the disk, then renamed.

import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

/** The end of a temporary name. */
export const TEMPORARY = '.tmp';

/** What was written. */
export interface Written {
  readonly bytes: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/** A file with a temporary name. */
export class TemporaryFile {
  static async create(directory: string, name: string): Promise<TemporaryFile> {
    const file = path.join(directory, `.${name}.${randomBytes(4).toString('hex')}${TEMPORARY}`);
    return new TemporaryFile(file, await fs.open(file, 'wx', 0o600));
  }

  private readonly hash = createHash('sha256');
  private bytes = 0;

  private constructor(
    private readonly file: string,
    private readonly handle: fs.FileHandle,
  ) {}

  async write(bytes: Buffer): Promise<void> {
    this.hash.update(bytes);
    for (let at = 0; at < bytes.length;) at += (await this.handle.write(bytes, at)).bytesWritten;
    this.bytes += bytes.length;
  }

  /** Writes everything to the disk. */
  async finish(): Promise<Written> {
    await this.handle.sync();
    await this.handle.close();
    return { bytes: this.bytes, sha256: this.hash.digest('hex') };
  }

  /** Gives the finished file its name. */
  async rename(name: string): Promise<void> {
    const directory = path.dirname(this.file);
    await fs.rename(this.file, path.join(directory, name));
    await syncDirectory(directory);
  }

  /** Removes the file, if it was not renamed. */
  async discard(): Promise<void> {
    await this.handle.close().catch(() => undefined);
    await fs.rm(this.file, { force: true });
  }
}

/** Writes a text under a name. Throws what the file system reports. */
export async function writeDurably(directory: string, name: string, text: string): Promise<void> {
  const file = await TemporaryFile.create(directory, name);
  try {
    await file.write(Buffer.from(text));
    await file.finish();
    await file.rename(name);
  } finally {
    await file.discard();
  }
}

/** Makes the names in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await fs.open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
