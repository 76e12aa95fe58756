// What the files do not say: given as an option, asked on a terminal, or suggested.

import { InputError } from '../../output/input-error';

/** Something to know. */
export interface Question {
  /** The option that answers it, without its dashes. */
  readonly option: string;
  /** What to call missing, if it is more than that option. */
  readonly missing?: string;
  readonly text: string;
  /** The answer unless somebody has a better one; nothing where nobody can guess. */
  readonly suggestion?: string;
  /** What is wrong with an answer, and the remedy; nothing when it is fine. */
  readonly problem: (answer: string) => string | undefined;
}

/** Asks a person, who may answer with nothing. */
export type Ask = (text: string, suggestion?: string) => Promise<string>;

/** Collects answers. */
export class Questions {
  private readonly missing: string[] = [];

  /** Without `ask` nobody is there to answer. */
  constructor(
    private readonly options: Readonly<Record<string, string | undefined>>,
    private readonly ask: Ask | undefined,
    private readonly tell?: (problem: string) => void,
  ) {}

  /** What an option says, if it is given. */
  given(option: string): string | undefined {
    return this.options[option];
  }

  /** Whether somebody is there to answer. */
  get canAsk(): boolean {
    return this.ask !== undefined;
  }

  /** The answer; throws for an option whose value cannot be. */
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

  /** Throws if something is not answered. */
  finish(): void {
    if (this.missing.length > 0) throw new InputError(this.missing);
  }
}
