// Output for programs: one JSON object per line, each with its kind; the last one is the summary.

import { type Progress, type Report, type Summary } from './report';
import { FleetProgress } from './fleet-progress';

export class Json implements Report {
  private readonly fleet: FleetProgress;

  constructor(
    shards: number,
    private readonly write: (text: string) => void,
  ) {
    this.fleet = new FleetProgress(shards);
  }

  progress(progress: Progress): void {
    if (this.fleet.update(progress)) this.print({ kind: 'progress', ...progress });
  }

  note(text: string): void {
    this.print({ kind: 'note', text });
  }

  end({ json }: Summary): void {
    this.print({ kind: 'summary', ...json });
  }

  private print(object: object): void {
    this.write(`${JSON.stringify({ time: new Date().toISOString(), ...object })}\n`);
  }
}
