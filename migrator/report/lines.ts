// Output for the log of a pod: a line for each change, and a summary every 30 seconds.

import { type Progress, type Report, type Summary } from './report';
import { FleetProgress } from './fleet-progress';

const SUMMARY_MS = 30_000;

export class Lines implements Report {
  private readonly fleet: FleetProgress;
  private readonly timer: NodeJS.Timeout;

  constructor(
    shards: number,
    private readonly write: (text: string) => void,
  ) {
    this.fleet = new FleetProgress(shards);
    this.timer = setInterval(() => {
      this.print(this.fleet.line);
    }, SUMMARY_MS);
    this.timer.unref();
  }

  progress(progress: Progress): void {
    if (!this.fleet.update(progress)) return;
    const { shard, state, detail } = progress;
    this.print(`shard ${shard}: ${state}${detail === undefined ? '' : `: ${detail}`}`);
  }

  note(text: string): void {
    this.print(text);
  }

  end({ text }: Summary): void {
    clearInterval(this.timer);
    for (const line of text) this.write(`${line}\n`);
  }

  private print(text: string): void {
    this.write(`${new Date().toISOString()} ${text}\n`);
  }
}
