// Values that are not in the files: given as options, entered on a terminal, or suggested.

import { InputError } from '../../output/input-error';

export interface Question {
  /** The option with the answer, without dashes. */
  readonly option: string;
  /** The missing options in the error message, if there are several. */
  readonly missing?: string;
  readonly text: string;
  /** The default answer, if there is one. */
  readonly suggestion?: string;
  /** Why an answer is invalid, with the remedy; undefined if it is valid. */
  readonly problem: (answer: string) => string | undefined;
}

/** Asks a question on a terminal. The answer may be empty. */
export type Ask = (text: string, suggestion?: string) => Promise<string>;

/** Collects answers. */
export class Questions {
  private readonly missing: string[] = [];

  /** Without a terminal, `ask` is undefined. */
  constructor(
    private readonly options: Readonly<Record<string, string | undefined>>,
    private readonly ask: Ask | undefined,
    private readonly tell?: (problem: string) => void,
  ) {}

  /** The value of an option, if it is given. */
  given(option: string): string | undefined {
    return this.options[option];
  }

  /** The answer; throws if the value of its option is invalid. */
  async answer({ option, missing = `--${option}`, text, suggestion, problem }: Question): Promise<string> {
    const given = this.given(option);
    if (given !== undefined) {
      const objection = problem(given);
      if (objection !== undefined) throw new InputError([`--${option} is ${JSON.stringify(given)}; ${objection}`]);
      return given;
    }
    if (this.ask === undefined) {
      if (suggestion !== undefined) return suggestion;
      this.missing.push(`${missing} is missing: ${text}`);
      return '';
    }
    for (;;) {
      const answer = (await this.ask(text, suggestion)).trim() || (suggestion ?? '');
      const objection = problem(answer);
      if (objection === undefined) return answer;
      this.tell?.(`${JSON.stringify(answer)}: ${objection}`);
    }
  }

  /** Throws if an answer is missing. */
  finish(): void {
    if (this.missing.length > 0) throw new InputError(this.missing);
  }
}
