// Puts many commands to a server in portions whose answers are small, so that they cost neither side much memory, and other
// clients are served in between.

import { type SendCommands } from '../redis/command-sender';

/** How large the answers to a portion are to be, in bytes. */
const ENOUGH = 256 * 1024;

/** The largest portion, in commands. */
const MOST = 256;

/** How soon a large answer is forgotten, as a factor a portion. */
const FADING = 0.8;

/** Begins with one command, and learns from the largest answers how many are enough. */
export class BatchedSender {
  /** Of all answers so far. */
  bytes = 0;
  private largest = ENOUGH;

  constructor(private readonly put: SendCommands) {}

  readonly ask: SendCommands = async (commands) => {
    const answers: unknown[] = [];
    while (answers.length < commands.length) {
      const size = Math.max(1, Math.min(Math.floor(ENOUGH / this.largest), MOST));
      const portion = await this.put(commands.slice(answers.length, answers.length + size));
      const sizes = portion.map(bytesOf);
      this.bytes += sizes.reduce((sum, bytes) => sum + bytes, 0);
      this.largest = Math.max(1, this.largest * FADING, ...sizes);
      answers.push(...portion);
    }
    return answers;
  };
}

function bytesOf(answer: unknown): number {
  if (Buffer.isBuffer(answer)) return answer.length;
  return Array.isArray(answer) ? answer.reduce<number>((sum, part) => sum + bytesOf(part), 0) : 0;
}
