// The Job `copy` of a change of the ring, as its controller runs it.

import { type Program, until } from './lab';

const PATIENCE_MS = 150_000;

/** The Job `copy`. A failover ends it, and its container and then its controller start it again. */
export class CopyJob {
  private program?: Program;
  private isStopped = false;
  /** How often the program was started in the pods before this one, and what that was at the last look. */
  private startsBefore = 0;
  private known = 1;
  private readonly runs: Promise<void>;

  constructor(start: () => Promise<Program>) {
    this.runs = this.run(start);
  }

  /** Waits until it has copied everything, and follows. */
  async follows(): Promise<void> {
    await until('copy follows', () => this.isFollowing, PATIENCE_MS);
  }

  /** Waits until a change of the servers has ended it since the last call, and it follows again. */
  async followsAgain(): Promise<void> {
    await until('copy ends', () => this.starts > this.known, PATIENCE_MS);
    await this.follows();
    this.known = this.starts;
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

  /** The container starts the program again a few times, and then there is another pod. */
  private get starts(): number {
    return this.startsBefore + (this.program?.running ? startsIn(this.program) : 0);
  }

  private async run(start: () => Promise<Program>): Promise<void> {
    do {
      this.program = await start();
      const code = await this.program.exit();
      this.startsBefore += startsIn(this.program);
      if (!this.isStopped && code !== 4) throw new Error(`copy ended with ${String(code)}:\n${this.program.output}`);
    } while (!this.isStopped);
  }
}

function startsIn({ output }: Program): number {
  return output.split('restarting it').length;
}
