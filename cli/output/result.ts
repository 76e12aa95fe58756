// What a command has to say, for people and for programs, and with which exit code it ends.

import { NutcrackerConfigError, type Objection } from '../../lib/nutcracker/config-error';
import { type Paint } from './text';

/** How the program ends. */
export enum ExitCode {
  /** The answer is yes: the file is fine, no key moves; or nothing was asked. */
  YES = 0,
  /** The answer is no: nutcracker would refuse the file, keys would move. */
  NO = 1,
  /** There is no answer: the command line is wrong, or a file cannot be used. */
  NONE = 2,
}

/** An answer, not yet in its form. */
export interface Answer {
  readonly exitCode: ExitCode;

  /** One JSON document. */
  readonly json: object;

  /** Lines for a person. */
  lines(paint: Paint): string[];
}

/** An objection with the sentence that it makes, as programs read it. */
export function objectionJson(objection: Objection): Objection & { readonly message: string } {
  return { ...objection, message: new NutcrackerConfigError([objection]).message };
}
