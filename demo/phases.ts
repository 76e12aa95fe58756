// Runs the phases of a demo, and measures each of them and the gaps of its clients.

import { type Load } from '../test/lab/load';
import { type Phase } from './report';
import { count, phase } from './screen';

export class Phases {
  readonly done: Phase[] = [];
  /** The clients, once they run. */
  load?: Load;

  async run(name: string, work: () => Promise<string>): Promise<void> {
    this.load?.takeGaps();
    const progress = (): string => (this.load ? `${count(this.load.acknowledgedWrites)} writes acknowledged` : '');
    const seconds = await phase(name, progress, work);
    this.done.push({ name, seconds, gaps: this.load?.takeGaps() ?? [] });
  }
}
