// For the log of a pod: a line for each change, and now and then where the whole stands.

import { type Progress, type Report, type Summary } from './report';
import { FleetProgress } from './fleet-progress';

const SUMMARY_MS = 30_000;

export class Lines implements Report {
  private readonly tally: FleetProgress;
  private readonly timer: NodeJS.Timeout;

  constructor(
    shards: number,
    private readonly write: (text: string) => void,
  ) {
    this.tally = new FleetProgress(shards);
    this.timer = setInterval(() => {
      this.say(this.tally.line);
    }, SUMMARY_MS);
    this.timer.unref();
  }

  progress(progress: Progress): void {
    if (!this.tally.note(progress)) return;
    const { shard, state, detail } = progress;
    this.say(`shard ${shard}: ${state}${detail === undefined ? '' : `: ${detail}`}`);
  }

  note(text: string): void {
    this.say(text);
  }

  end({ text }: Summary): void {
    clearInterval(this.timer);
    for (const line of text) this.write(`${line}\n`);
  }

  private say(text: string): void {
    this.write(`${new Date().toISOString()} ${text}\n`);
  }
}
