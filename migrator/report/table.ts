// Output for a terminal: a live table with a progress bar for each active shard and one for the fleet.

import * as readline from 'node:readline';
import { type WriteStream } from 'node:tty';
import { type Progress, type Report, type Summary } from './report';
import { size, FleetProgress } from './fleet-progress';

const FRAME_MS = 100;
const BAR = 24;

export class Table implements Report {
  private readonly fleet: FleetProgress;
  private readonly timer: NodeJS.Timeout;
  private height = 0;

  constructor(
    shards: number,
    private readonly out: WriteStream,
  ) {
    this.fleet = new FleetProgress(shards);
    this.timer = setInterval(() => {
      this.draw();
    }, FRAME_MS);
    this.timer.unref();
  }

  progress(progress: Progress): void {
    const changed = this.fleet.update(progress);
    // Skipped shards stay on the screen.
    if (changed && progress.state === 'skipped') this.note(`shard ${progress.shard}: ${progress.detail ?? ''}`);
  }

  note(text: string): void {
    this.clear();
    this.out.write(`${text}\n`);
    this.draw();
  }

  end({ text }: Summary): void {
    clearInterval(this.timer);
    this.draw();
    for (const line of text) this.out.write(`${line}\n`);
  }

  private draw(): void {
    this.clear();
    const room = Math.max(3, this.out.rows - 3);
    const { active } = this.fleet;
    const hidden = active.length - room;
    const lines = [
      `${bar(this.fleet.share)} ${this.fleet.line}`,
      ...active.slice(0, room).map(row),
      ...(hidden > 0 ? [`and ${hidden} more`] : []),
    ].map((line) => line.slice(0, this.out.columns - 1));
    this.out.write(`${lines.join('\n')}\n`);
    this.height = lines.length;
  }

  private clear(): void {
    readline.moveCursor(this.out, 0, -this.height);
    readline.cursorTo(this.out, 0);
    readline.clearScreenDown(this.out);
    this.height = 0;
  }
}

function row({ shard, state, detail, bytes = 0, bytesInAll, lag }: Progress): string {
  const share = bytesInAll ? bytes / bytesInAll : state === 'in sync' ? 1 : 0;
  const amount = bytesInAll ? `${size(bytes)} of ${size(bytesInAll)}` : lag === undefined ? '' : `lag ${size(lag)}`;
  return `${bar(share)} shard ${String(shard).padStart(4)}  ${state.padEnd(12)} ${detail ?? amount}`;
}

function bar(share: number): string {
  const full = Math.round(share * BAR);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)}`;
}
