// What is wrong with a configuration: one objection per value, and the error that holds them.

/** Why a value is refused. */
export interface Objection {
  /** The file, if the value was read from one. */
  readonly file?: string;
  /** The line of the file, counted from 1. */
  readonly line?: number;
  /** The column of a byte that is not text, counted from 1. */
  readonly column?: number;
  /** The pool, if the objection is about one. */
  readonly pool?: string;
  /** What the objection is about, usually a directive. */
  readonly subject?: string;
  /** What is wrong, with the value. */
  readonly because: string;
  /** What nutcracker prints or logs, in part; undefined if it accepts the value, or may accept it. */
  readonly says?: string;
  /** What to write instead. */
  readonly remedy: string;
}

/** The error for a configuration that nutcracker refuses, or that loses data. */
export class NutcrackerConfigError extends Error {
  override readonly name = 'NutcrackerConfigError';

  constructor(readonly objections: readonly Objection[]) {
    super(objections.map(sentence).join('\n'));
  }

  /** The file of the first objection. */
  get file(): string | undefined {
    return this.objections[0]?.file;
  }

  /** The line of the first objection, counted from 1. */
  get line(): number | undefined {
    return this.objections[0]?.line;
  }
}

/** Throws one objection. */
export function refuse(objection: Objection): never {
  throw new NutcrackerConfigError([objection]);
}

/** Throws if there is an objection. */
export function refuseAny(objections: readonly Objection[]): void {
  if (objections.length > 0) throw new NutcrackerConfigError(objections);
}

/** The objections that the function throws; none if it succeeds. */
export function objectionsOf(read: () => void): readonly Objection[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof NutcrackerConfigError) return error.objections;
    throw error;
  }
}

/** Runs the function, and adds the missing fields, such as the line, to its objections. */
export function placing<T>(place: (objection: Objection) => Partial<Objection>, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof NutcrackerConfigError)) throw error;
    throw new NutcrackerConfigError(error.objections.map((objection) => ({ ...place(objection), ...objection })));
  }
}

function sentence({ file, line, column, pool, subject, because, says, remedy }: Objection): string {
  const place = line === undefined && pool !== undefined ? `pool ${JSON.stringify(pool)}` : undefined;
  const where = [[file, line, column].filter((part) => part !== undefined).join(':'), place, subject];
  const verdict = says === undefined ? because : `${because}; nutcracker says: ${says}`;
  return [...where, `${verdict}; ${remedy}`].filter((part) => part !== undefined && part !== '').join(': ');
}
