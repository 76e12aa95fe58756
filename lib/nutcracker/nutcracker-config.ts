// nutcracker.yml: read as strictly as nutcracker reads it, and written so that it reads it back.

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
import { readFrom } from './pool-file';

/**
 * The pools of a nutcracker.yml.
 *
 * A file that nutcracker 0.5.0 refuses is refused with its name, the line, what nutcracker would log, and the remedy. So
 * are a few that nutcracker takes and that cannot work, such as a password together with a database other than 0.
 */
export class NutcrackerConfig {
  /** Reads a file; throws if it cannot be read or nutcracker would refuse it. */
  static fromFile(path: string): NutcrackerConfig {
    checkArguments('NutcrackerConfig.fromFile', path);
    return NutcrackerConfig._fromBytes(readFileSync(path), path);
  }

  /**
   * Reads a file's bytes, wherever they came from.
   *
   * @internal
   */
  static _fromBytes(bytes: Uint8Array, fileName: string): NutcrackerConfig {
    return NutcrackerConfig.fromYaml(decode(bytes, fileName), fileName);
  }

  /** Reads a text, which errors call `nutcracker.yml` unless it is given a name. */
  static fromYaml(text: string, fileName = 'nutcracker.yml'): NutcrackerConfig {
    checkArguments('NutcrackerConfig.fromYaml', text, fileName);
    return new NutcrackerConfig(readPools(text, fileName), fileName);
  }

  /** A configuration of pools made in code; throws unless they can stand in one file. */
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
    if (file !== undefined) readFrom({ name: file, pools: this.pools });
  }

  /** The pool of that name; without a name the only pool. Throws if there is none or more than one. */
  pool(name?: string): NutcrackerPool {
    const found = name === undefined ? this.pools : this.pools.filter((pool) => pool.name === name);
    if (found.length === 1) return found[0];
    return refuse({
      because: name === undefined ? `there are ${found.length} pools` : `there is no pool ${quote(name)}`,
      remedy: `name one of ${this.pools.map((pool) => quote(pool.name)).join(', ')}`,
    });
  }

  /** The file that holds these pools, without defaults that were not given. */
  toYaml(): string {
    return writePools(this.pools);
  }
}

/** Larger than a ConfigMap may be, and as many servers as no proxy has. */
const MOST_BYTES = 1024 * 1024;

function decode(bytes: Uint8Array, file: string): string {
  if (bytes.length > MOST_BYTES) {
    const because = `it has ${bytes.length} bytes, and no ConfigMap takes more than ${MOST_BYTES}`;
    return refuse({ file, because, remedy: 'give the nutcracker.yml that the proxies run with' });
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
    remedy: 'give a nutcracker.yml; if it is one, convert it, as with iconv -t utf-8',
  });
}
