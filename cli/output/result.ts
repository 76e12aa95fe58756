// The result of a command: its exit code, its JSON, and its text.

import { NutcrackerConfigError, type Objection } from '../../lib/nutcracker/config-error';
import { type Paint } from './text';

export enum ExitCode {
  /** The file is valid, no key would move, or the command only prints or writes something. */
  SUCCESS = 0,
  /** The file has errors, or keys would move. */
  NEGATIVE = 1,
  /** A usage or I/O error: there is no result. */
  ERROR = 2,
}

/** A result, before it is printed as text or as JSON. */
export interface CommandResult {
  readonly exitCode: ExitCode;

  /** What --json prints. */
  readonly json: object;

  /** The lines printed without --json. */
  lines(paint: Paint): string[];
}

/** The JSON of an error: its fields, and the whole message. */
export function objectionJson(objection: Objection): Objection & { readonly message: string } {
  return { ...objection, message: new NutcrackerConfigError([objection]).message };
}
