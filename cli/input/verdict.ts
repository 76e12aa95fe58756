// Whether a configuration is valid, and what is worth a warning in one that is.

import { Distribution, type NutcrackerPool } from '../../lib/nutcracker';
import { NutcrackerConfigError, type Objection, objectionsOf } from '../../lib/nutcracker/config-error';
import { groupsOf } from '../../lib/nutcracker/fleet-shards';
import { unevenSample } from '../../lib/nutcracker/sample-balance';
import { type Answer, ExitCode, objectionJson } from '../output/result';
import { ConfigFile, type NamedBytes } from './pools';
import { count, type Paint } from '../output/text';

/** A warning, which has a code, or a note: something to know about a ring that may be all right. */
export interface Remark {
  readonly code?: string;
  readonly pool: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
}

/** The verdict on a file that was read, without the warnings with these codes. */
export function examine(source: NamedBytes, without: readonly string[] = []): Verdict {
  const warnings: Remark[] = [];
  const notes: Remark[] = [];
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

/** A server has one master: whoever moves one of these pools moves the others. */
function sharing([first, ...others]: readonly NutcrackerPool[], file: string): Remark[] {
  return others.map((pool) => {
    const message = `it is in one fleet with pool ${JSON.stringify(first.name)}: they share servers, which move once, for all their pools`;
    return { pool: pool.name, message, file };
  });
}

/** What is wrong with a configuration, and what should be known about it. */
export class Verdict implements Answer {
  constructor(
    private readonly file: string,
    private readonly errors: readonly Objection[],
    readonly warnings: readonly Remark[],
    readonly notes: readonly Remark[],
    /** The configuration, if there is no error. */
    readonly config?: ConfigFile,
  ) {}

  get exitCode(): ExitCode {
    return this.errors.length === 0 ? ExitCode.YES : ExitCode.NO;
  }

  get json(): object {
    const { file, errors, warnings, notes } = this;
    return { file, ok: errors.length === 0, errors: errors.map(objectionJson), warnings, notes };
  }

  lines(paint: Paint): string[] {
    return [
      ...this.errors.map((error) => `${place(error)}: ${paint.bad('error')}: ${withoutPlace(error)}`),
      ...this.warnings.map((warning) => `${place(warning)}: ${paint.doubtful('warning')}: ${sentence(warning)}`),
      ...this.notes.map((note) => `${place(note)}: note: ${sentence(note)}`),
      this.summary(paint),
    ];
  }

  /** nutcracker's own line, unless the file is refused for something that nutcracker takes, or takes as something else. */
  private summary(paint: Paint): string {
    const { file, errors, warnings, notes } = this;
    const verdict = `nutcracker: configuration file '${file}' syntax is`;
    if (errors.length === 0) {
      return `${paint.good(`${verdict} ok`)} (${count(warnings.length, 'warning')}, ${count(notes.length, 'note')})`;
    }
    const refused = errors.some(({ says }) => says !== undefined);
    const answer = refused ? `${verdict} invalid` : `configuration file '${file}' does not work as it is written`;
    return `${paint.bad(answer)} (${count(errors.length, 'error')})`;
  }
}

/** `file:line` or `file:line:column`, as compilers write it. */
export function place({ file, line, column }: Pick<Objection, 'file' | 'line' | 'column'>): string {
  return [file, line, column].filter((part) => part !== undefined).join(':');
}

function withoutPlace({ file, line, column, ...objection }: Objection): string {
  return new NutcrackerConfigError([objection]).message;
}

function sentence({ pool, message, code }: Remark): string {
  return `pool ${JSON.stringify(pool)}: ${message}${code === undefined ? '' : ` [${code}]`}`;
}
