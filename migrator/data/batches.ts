// Sends many commands in batches with small results, so that neither side needs much memory and the server can serve other
// clients in between.

import { type SendCommands } from '../redis/command-sender';

/** The intended size of the results of a batch, in bytes. */
const TARGET_BYTES = 256 * 1024;

/** The largest batch, in commands. */
const MAX_COMMANDS = 256;

/** With each batch, the largest result counts less by this factor. */
const DECAY = 0.8;

/** Starts with one command, and sizes the next batches by the largest results. */
export class BatchedSender {
  /** The size of all results so far. */
  bytes = 0;
  private largest = TARGET_BYTES;

  constructor(private readonly sendBatch: SendCommands) {}

  readonly send: SendCommands = async (commands) => {
    const results: unknown[] = [];
    while (results.length < commands.length) {
      const size = Math.max(1, Math.min(Math.floor(TARGET_BYTES / this.largest), MAX_COMMANDS));
      const batch = await this.sendBatch(commands.slice(results.length, results.length + size));
      const sizes = batch.map(bytesOf);
      this.bytes += sizes.reduce((sum, bytes) => sum + bytes, 0);
      this.largest = Math.max(1, this.largest * DECAY, ...sizes);
      results.push(...batch);
    }
    return results;
  };
}

function bytesOf(result: unknown): number {
  if (Buffer.isBuffer(result)) return result.length;
  return Array.isArray(result) ? result.reduce<number>((sum, part) => sum + bytesOf(part), 0) : 0;
}
