// Questions on a terminal, on standard error: standard output is for the answer.

import * as readline from 'node:readline/promises';
import { InputError } from '../../output/input-error';
import { type Ask } from './questions';

/** Somebody at a terminal. */
export class Terminal {
  /** Nothing where nobody is. */
  static open(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Terminal | undefined {
    return input.isTTY && output.isTTY ? new Terminal(input, output) : undefined;
  }

  private readonly lines: readline.Interface;
  private readonly left = new AbortController();

  private constructor(
    input: NodeJS.ReadStream,
    private readonly output: NodeJS.WriteStream,
  ) {
    this.lines = readline.createInterface({ input, output });
    // Ctrl-C and Ctrl-D.
    this.lines.once('close', () => {
      this.left.abort();
    });
  }

  readonly ask: Ask = async (text, suggestion) => {
    try {
      const shown = suggestion === undefined || suggestion === '' ? '' : ` [${suggestion}]`;
      return await this.lines.question(`${text}${shown}: `, { signal: this.left.signal });
    } catch (error) {
      if (!this.left.signal.aborted) throw error;
      this.output.write('\n');
      throw new InputError(['the questions were not answered; nothing was written']);
    }
  };

  readonly tell = (problem: string): void => {
    this.output.write(`  ${problem}\n`);
  };

  close(): void {
    this.lines.close();
  }
}
