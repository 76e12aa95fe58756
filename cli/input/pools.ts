// What a command is given: files, standard input, and the pools in them.

import { createReadStream } from 'node:fs';
import { type ConfigWarning, HashRing, NutcrackerConfig, type NutcrackerPool } from '../../lib/nutcracker';
import { placing, refuse } from '../../lib/nutcracker/config-error';
import { refuseFile } from '../output/system-error';

/** In the place of a file it means standard input. */
export const STDIN = '-';

/** A stream of bytes. */
export type Bytes = AsyncIterable<Uint8Array>;

/** Reads files, of which standard input is one. */
export class Input {
  constructor(private readonly stdin: () => Bytes) {}

  /** The file in chunks; what keeps it from being read is thrown with the first one. */
  async *read(file: string): AsyncGenerator<Uint8Array> {
    try {
      yield* file === STDIN ? this.stdin() : createReadStream(file, { highWaterMark: CHUNK_BYTES });
    } catch (error) {
      refuseFile(nameOf(file), error);
    }
  }

  /** Reads a configuration; throws if it cannot be read or nutcracker would refuse it. */
  async config(file: string): Promise<ConfigFile> {
    return ConfigFile.of(await this.whole(file));
  }

  /** Reads a file whole. */
  async whole(file: string): Promise<NamedBytes> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.read(file)) {
      size += chunk.length;
      if (size > MOST_BYTES) {
        const because = `it has more than ${MOST_BYTES} bytes, and no configuration or manifest has`;
        refuse({ file: nameOf(file), because, remedy: 'name another file' });
      }
      chunks.push(chunk);
    }
    return { name: nameOf(file), bytes: Buffer.concat(chunks) };
  }
}

/** What stands in a file, and what to call the file. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A nutcracker.yml and what to call it. */
export class ConfigFile {
  static of({ name, bytes }: NamedBytes): ConfigFile {
    return new ConfigFile(name, NutcrackerConfig._fromBytes(bytes, name));
  }

  private constructor(
    readonly name: string,
    private readonly config: NutcrackerConfig,
  ) {}

  get pools(): NutcrackerPool[] {
    return this.config.pools;
  }

  get warnings(): ConfigWarning[] {
    return this.config.warnings;
  }

  /** The pool that is asked for, which only a file with a single pool needs no name for. */
  pool(name?: string): NutcrackerPool {
    return placing(
      () => ({ file: this.name, subject: '--pool' }),
      () => this.config.pool(name),
    );
  }

  /** The pool's ring; throws for pools that have none. */
  ring(pool: NutcrackerPool): HashRing {
    return placing(
      () => ({ file: this.name }),
      () => HashRing.of(pool),
    );
  }
}

/** Standard input can be read once. */
export function refuseStdinTwice(files: readonly (string | undefined)[], remedy: string): void {
  if (files.filter((file) => file === STDIN).length < 2) return;
  refuse({ because: 'standard input can stand for one file only', remedy });
}

const CHUNK_BYTES = 256 * 1024;

/** Of a file that is in memory whole, be it an endless one. */
const MOST_BYTES = 64 * 1024 * 1024;

function nameOf(file: string): string {
  return file === STDIN ? 'stdin' : file;
}
