// Reads the input of commands: files, standard input, and the pools in them.

import { createReadStream } from 'node:fs';
import { type ConfigWarning, HashRing, NutcrackerConfig, type NutcrackerPool } from '../../lib/nutcracker';
import { placing, refuse } from '../../lib/nutcracker/config-error';
import { throwReadError } from '../output/system-error';

/** As an input file, standard input. */
export const STDIN = '-';

/** A stream of bytes. */
export type Bytes = AsyncIterable<Uint8Array>;

/** Reads files and standard input. */
export class Input {
  constructor(private readonly stdin: () => Bytes) {}

  /** The file in chunks. An error is thrown when the first chunk is read. */
  async *read(file: string): AsyncGenerator<Uint8Array> {
    try {
      yield* file === STDIN ? this.stdin() : createReadStream(file, { highWaterMark: CHUNK_BYTES });
    } catch (error) {
      throwReadError(nameOf(file), error);
    }
  }

  /** Reads a configuration; throws if it cannot be read or nutcracker would reject it. */
  async config(file: string): Promise<ConfigFile> {
    return ConfigFile.of(await this.whole(file));
  }

  /** Reads a whole file. */
  async whole(file: string): Promise<NamedBytes> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.read(file)) {
      size += chunk.length;
      if (size > MAX_BYTES) {
        const because = `it has more than ${MAX_BYTES} bytes, too many for a configuration or manifest`;
        refuse({ file: nameOf(file), because, remedy: 'name another file' });
      }
      chunks.push(chunk);
    }
    return { name: nameOf(file), bytes: Buffer.concat(chunks) };
  }
}

/** The content of a file, and its name for messages. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A nutcracker.yml, and its name for messages. */
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

  /** The pool with this name; without a name, the only pool of the file. */
  pool(name?: string): NutcrackerPool {
    return placing(
      () => ({ file: this.name, subject: '--pool' }),
      () => this.config.pool(name),
    );
  }

  /** The ring of a pool; throws for `distribution: random`. */
  ring(pool: NutcrackerPool): HashRing {
    return placing(
      () => ({ file: this.name }),
      () => HashRing.of(pool),
    );
  }
}

/** Standard input can be read only once. */
export function refuseStdinTwice(files: readonly (string | undefined)[], remedy: string): void {
  if (files.filter((file) => file === STDIN).length < 2) return;
  refuse({ because: 'standard input can be only one of the files', remedy });
}

const CHUNK_BYTES = 256 * 1024;

/** Protects against endless files such as /dev/zero. */
const MAX_BYTES = 64 * 1024 * 1024;

function nameOf(file: string): string {
  return file === STDIN ? 'stdin' : file;
}
