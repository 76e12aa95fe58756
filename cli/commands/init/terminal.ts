// Asks questions on a terminal, on standard error. Standard output is for the result.

import * as readline from 'node:readline/promises';
import { InputError } from '../../output/input-error';
import { type Ask } from './questions';

export class Terminal {
  /** Undefined if standard input or standard error is not a terminal. */
  static open(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Terminal | undefined {
    return input.isTTY && output.isTTY ? new Terminal(input, output) : undefined;
  }

  private readonly lines: readline.Interface;
  private readonly cancelled = new AbortController();

  private constructor(
    input: NodeJS.ReadStream,
    private readonly output: NodeJS.WriteStream,
  ) {
    this.lines = readline.createInterface({ input, output });
    // Ctrl-C and Ctrl-D.
    this.lines.once('close', () => {
      this.cancelled.abort();
    });
  }

  readonly ask: Ask = async (text, suggestion) => {
    try {
      const shown = suggestion === undefined || suggestion === '' ? '' : ` [${suggestion}]`;
      return await this.lines.question(`${text}${shown}: `, { signal: this.cancelled.signal });
    } catch (error) {
      if (!this.cancelled.signal.aborted) throw error;
      this.output.write('\n');
      throw new InputError(['cancelled; nothing was written']);
    }
  };

  readonly tell = (problem: string): void => {
    this.output.write(`  ${problem}\n`);
  };

  close(): void {
    this.lines.close();
  }
}
