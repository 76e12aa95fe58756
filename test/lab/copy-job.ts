// The Job `copy` of a change of the ring, as its controller runs it.

import { type Program, until } from './lab';

const PATIENCE_MS = 150_000;

/** The Job `copy`. A failover ends it, and its container and then its controller start it again. */
export class CopyJob {
  private program?: Program;
  private isStopped = false;
  private readonly runs: Promise<void>;

  constructor(start: () => Promise<Program>) {
    this.runs = this.run(start);
  }

  /** Waits until it has copied everything, and follows. */
  async follows(): Promise<void> {
    await until('copy follows', () => this.isFollowing, PATIENCE_MS);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.program?.stop('SIGTERM');
    await this.runs;
  }

  private get isFollowing(): boolean {
    const { program } = this;
    return (
      program !== undefined &&
      program.running &&
      (program.output.split('restarting it').pop() ?? '').includes('copied ')
    );
  }

  private async run(start: () => Promise<Program>): Promise<void> {
    do {
      this.program = await start();
      const code = await this.program.exit();
      if (!this.isStopped && code !== 4) throw new Error(`copy ended with ${String(code)}:\n${this.program.output}`);
    } while (!this.isStopped);
  }
}
