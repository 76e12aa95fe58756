// Reads nutcracker.yml as strictly as nutcracker does, and writes it so that nutcracker reads it back.

import { readFileSync } from 'node:fs';
import { badByteIn } from '../common/utf8';
import { checkArguments } from './checked-arguments';
import { refuse, refuseAny } from './config-error';
import { readPools } from './config-reader';
import { NOT_YAML } from './config-tokens';
import { type ConfigWarning, warningsOf } from './config-warnings';
import { quote } from './config-values';
import { writePools } from './config-writer';
import { NutcrackerPool } from './nutcracker-pool';
import { fileObjections, type PlacedPool } from './file-rules';
import { recordFile } from './pool-file';

/**
 * The pools of a nutcracker.yml.
 *
 * A file that nutcracker 0.5.0 refuses is refused with its name, the line, what nutcracker would log, and the remedy. So
 * are a few that nutcracker accepts but that cannot work, such as a password with a database other than 0.
 */
export class NutcrackerConfig {
  /** Reads a file; throws if it cannot be read or nutcracker would refuse it. */
  static fromFile(path: string): NutcrackerConfig {
    checkArguments('NutcrackerConfig.fromFile', path);
    return NutcrackerConfig._fromBytes(readFileSync(path), path);
  }

  /**
   * Reads the bytes of a file.
   *
   * @internal
   */
  static _fromBytes(bytes: Uint8Array, fileName: string): NutcrackerConfig {
    return NutcrackerConfig.fromYaml(decode(bytes, fileName), fileName);
  }

  /** Reads a text. Errors call it `nutcracker.yml` unless a name is given. */
  static fromYaml(text: string, fileName = 'nutcracker.yml'): NutcrackerConfig {
    checkArguments('NutcrackerConfig.fromYaml', text, fileName);
    return new NutcrackerConfig(readPools(text, fileName), fileName);
  }

  /** A configuration of pools made in code; throws if they cannot be in one file. */
  static of(pools: NutcrackerPool[]): NutcrackerConfig {
    checkArguments('NutcrackerConfig.of', pools);
    const placed = pools.map((pool) => ({ pool, lines: new Map<string, number>() }));
    refuseAny(fileObjections(placed));
    return new NutcrackerConfig(placed);
  }

  /** The pools, in the order of the file. */
  readonly pools: NutcrackerPool[];

  /** Settings that nutcracker accepts and that often cause trouble. */
  readonly warnings: ConfigWarning[];

  private constructor(placed: PlacedPool[], file?: string) {
    this.pools = placed.map(({ pool }) => pool);
    this.warnings = placed.flatMap((pool) => warningsOf(pool, file));
    if (file !== undefined) recordFile({ name: file, pools: this.pools });
  }

  /** The pool with the given name; without a name the only pool. Throws if there is none or more than one. */
  pool(name?: string): NutcrackerPool {
    const found = name === undefined ? this.pools : this.pools.filter((pool) => pool.name === name);
    if (found.length === 1) return found[0];
    return refuse({
      because: name === undefined ? `there are ${found.length} pools` : `there is no pool ${quote(name)}`,
      remedy: `name one of ${this.pools.map((pool) => quote(pool.name)).join(', ')}`,
    });
  }

  /** The text of a file with these pools, without defaults that were not given. */
  toYaml(): string {
    return writePools(this.pools);
  }
}

/** The limit of a ConfigMap, far above any real file. */
const MAX_BYTES = 1024 * 1024;

function decode(bytes: Uint8Array, file: string): string {
  if (bytes.length > MAX_BYTES) {
    const because = `the file has ${bytes.length} bytes, and a ConfigMap holds at most ${MAX_BYTES}`;
    return refuse({ file, because, remedy: 'pass the nutcracker.yml that the proxies use' });
  }
  const bad = badByteIn(bytes);
  if (bad === undefined) return new TextDecoder().decode(bytes);
  const lines = Buffer.from(bytes.subarray(0, bad)).toString('latin1').split('\n');
  return refuse({
    file,
    line: lines.length,
    column: lines[lines.length - 1].length + 1,
    because: 'this byte is not UTF-8',
    says: NOT_YAML,
    remedy: 'pass a nutcracker.yml; if this is one, convert it, for example with iconv -t utf-8',
  });
}
