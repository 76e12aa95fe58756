// For programs: a JSON object a line, each with its kind; the last one is the summary.

import { type Progress, type Report, type Summary } from './report';
import { FleetProgress } from './fleet-progress';

export class Json implements Report {
  private readonly tally: FleetProgress;

  constructor(
    shards: number,
    private readonly write: (text: string) => void,
  ) {
    this.tally = new FleetProgress(shards);
  }

  progress(progress: Progress): void {
    if (this.tally.note(progress)) this.say({ kind: 'progress', ...progress });
  }

  note(text: string): void {
    this.say({ kind: 'note', text });
  }

  end({ json }: Summary): void {
    this.say({ kind: 'summary', ...json });
  }

  private say(object: object): void {
    this.write(`${JSON.stringify({ time: new Date().toISOString(), ...object })}\n`);
  }
}
