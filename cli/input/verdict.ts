// Checks a configuration: errors, and for a valid one, warnings and notes.

import { Distribution, type NutcrackerPool } from '../../lib/nutcracker';
import { NutcrackerConfigError, type Objection, objectionsOf } from '../../lib/nutcracker/config-error';
import { groupsOf } from '../../lib/nutcracker/fleet-shards';
import { unevenSample } from '../../lib/nutcracker/sample-balance';
import { type CommandResult, ExitCode, objectionJson } from '../output/result';
import { ConfigFile, type NamedBytes } from './pools';
import { count, type Paint } from '../output/text';

/** A warning, which has a code, or a note. */
export interface Finding {
  readonly code?: string;
  readonly pool: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
}

/** Checks a file; warnings with the codes `without` are left out. */
export function examine(source: NamedBytes, without: readonly string[] = []): Verdict {
  const warnings: Finding[] = [];
  const notes: Finding[] = [];
  let config: ConfigFile | undefined;
  const errors = objectionsOf(() => {
    config = ConfigFile.of(source);
    warnings.push(...config.warnings.filter(({ code }) => !without.includes(code)));
    for (const pool of config.pools) {
      if (pool.distribution === Distribution.RANDOM) continue;
      const ring = config.ring(pool);
      const uneven = unevenSample(ring);
      if (uneven !== undefined) warnings.push({ ...uneven, file: source.name });
      notes.push(...ring.caveats.map((message) => ({ pool: pool.name, message, file: source.name })));
    }
    notes.push(...groupsOf(config.pools.filter(({ redis }) => redis)).flatMap((pools) => sharing(pools, source.name)));
  });
  return new Verdict(source.name, errors, warnings, notes, errors.length === 0 ? config : undefined);
}

/** Pools that share servers are one fleet: a server moves once, with all its pools. */
function sharing([first, ...others]: readonly NutcrackerPool[], file: string): Finding[] {
  return others.map((pool) => {
    const message = `it is in the same fleet as pool ${JSON.stringify(first.name)}: they share servers, and a server moves with all its pools`;
    return { pool: pool.name, message, file };
  });
}

/** The errors, warnings and notes of a configuration. */
export class Verdict implements CommandResult {
  constructor(
    private readonly file: string,
    private readonly errors: readonly Objection[],
    readonly warnings: readonly Finding[],
    readonly notes: readonly Finding[],
    /** The configuration, if there is no error. */
    readonly config?: ConfigFile,
  ) {}

  get exitCode(): ExitCode {
    return this.errors.length === 0 ? ExitCode.SUCCESS : ExitCode.NEGATIVE;
  }

  get json(): object {
    const { file, errors, warnings, notes } = this;
    return { file, ok: errors.length === 0, errors: errors.map(objectionJson), warnings, notes };
  }

  lines(paint: Paint): string[] {
    return [
      ...this.errors.map((error) => `${location(error)}: ${paint.bad('error')}: ${messageOf(error)}`),
      ...this.warnings.map((warning) => `${location(warning)}: ${paint.doubtful('warning')}: ${sentence(warning)}`),
      ...this.notes.map((note) => `${location(note)}: note: ${sentence(note)}`),
      this.summary(paint),
    ];
  }

  /** The line that `nutcracker -t` prints, unless none of the errors is nutcracker's own. */
  private summary(paint: Paint): string {
    const { file, errors, warnings, notes } = this;
    const verdict = `nutcracker: configuration file '${file}' syntax is`;
    if (errors.length === 0) {
      return `${paint.good(`${verdict} ok`)} (${count(warnings.length, 'warning')}, ${count(notes.length, 'note')})`;
    }
    const refused = errors.some(({ says }) => says !== undefined);
    const text = refused ? `${verdict} invalid` : `configuration file '${file}' is not usable`;
    return `${paint.bad(text)} (${count(errors.length, 'error')})`;
  }
}

/** `file:line` or `file:line:column`, as compilers print it. */
function location({ file, line, column }: Pick<Objection, 'file' | 'line' | 'column'>): string {
  return [file, line, column].filter((part) => part !== undefined).join(':');
}

/** The message of an error without its location. */
function messageOf({ file, line, column, ...objection }: Objection): string {
  return new NutcrackerConfigError([objection]).message;
}

function sentence({ pool, message, code }: Finding): string {
  return `pool ${JSON.stringify(pool)}: ${message}${code === undefined ? '' : ` [${code}]`}`;
}
