// The phases of the demo of a change of rings: `npm run demo -- --resize`.

import { type Lab, type Program, until } from '../test/lab/lab';
import { type Load, type LoadReport } from '../test/lab/load';
import { LabReshard } from '../test/lab/reshard';
import { describe } from '../test/lab/history';
import { Phases } from './phases';
import { bold, count, green, print, red, table } from './screen';

/** The old servers have a weight of 1000 and the new one 999, as `resize` proposes: no key moves between the old ones. */
const OLD = [1000, 1000, 1000, 1000];
const ADDED = 999;
const KEYS = 4000;
const CLIENTS = 12;
const OPERATIONS_PER_SECOND = 3000;

export class ResizeDemo {
  private readonly phases = new Phases();

  constructor(private readonly lab: Lab) {}

  /** Adds a server to a live fleet, and removes it again; returns whether no data was lost. */
  async run(): Promise<boolean> {
    const [before, after] = [OLD.length, OLD.length + 1];
    print(
      bold(
        `\nA fleet of ${before} Redis servers grows to ${after} and back, while ${CLIENTS} clients write and read.\n`,
      ),
    );
    const fleet = await LabReshard.of(this.lab, { a: OLD, b: [...OLD, ADDED] });
    let keys: string[] = [];
    await this.phases.run('fleet with data', async () => {
      await fleet.startProxy();
      await fleet.startProxy();
      keys = await fleet.fill(KEYS);
      return `${before} redis-server and a new one, 2 proxies with a nutcracker for each ring, ${count(keys.length)} keys`;
    });
    const contents = await fleet.contents(keys, 'a');
    const load = await fleet.load({ clients: CLIENTS, operationsPerSecond: OPERATIONS_PER_SECOND });
    this.phases.load = load;
    await this.change(fleet, load, `${before} to ${after}`);
    const grown = await fleet.contents(keys, 'b');
    // The next change is one of its own, with the rings and their users the other way round.
    fleet.exchangeRings();
    await this.change(fleet, load, `${after} to ${before}`);
    const shrunk = await fleet.contents(keys, 'b');
    const result = await load.stop();
    const differing = keys.filter((key) =>
      [grown, shrunk].some((found) => JSON.stringify(found[key]) !== JSON.stringify(contents[key])),
    );
    return this.report(result, keys.length, differing.length);
  }

  private async change(fleet: LabReshard, load: Load, what: string): Promise<void> {
    await this.phases.run(`${what}: preflight`, async () => firstLine(await fleet.run('preflight')));
    let copy: Program | undefined;
    await this.phases.run(`${what}: copy`, async () => {
      copy = await fleet.copy();
      return noted(copy.output, 'copied');
    });
    await this.phases.run(`${what}: verify`, async () => firstLine(await fleet.run('verify')));
    await this.phases.run(`${what}: switch`, async () => {
      await fleet.run('switch');
      const writes = load.acknowledgedWrites;
      await until('clients write again', () => load.acknowledgedWrites > writes + OPERATIONS_PER_SECOND);
      return noted(copy?.output ?? '', 'nobody was served');
    });
    await this.phases.run(`${what}: purge`, async () => {
      await copy?.stop('SIGTERM');
      return firstLine(await fleet.run('purge'));
    });
  }

  private report({ violations, lost, ...load }: LoadReport, keys: number, differing: number): boolean {
    table('Data', [
      ['keys', count(keys), `${count(differing)} differ after a change`],
      ['writes acknowledged', count(load.acknowledgedWrites)],
      ['keys that lost a write', count(lost.length), 'every read was checked, and every key at the end'],
      ['old values read', count(violations.length), `in ${count(load.operations)} commands`],
    ]);
    table(
      'Duration, and longest gap of any shard',
      this.phases.done.map(({ name, seconds, gaps }) => [
        name,
        `${seconds.toFixed(1)} s`,
        gaps.length > 0 ? `${Math.max(...gaps).toFixed(0)} ms` : '',
      ]),
    );
    const isOk = violations.length + lost.length + differing === 0;
    const [first] = violations;
    const problem = violations.length > 0 ? `:\n${describe(first)}` : '';
    print(`\n${isOk ? green('Nothing was lost.') : red(`Data was lost${problem}`)}\n`);
    return isOk;
  }
}

/** The first line of what a command printed. */
function firstLine(output: string): string {
  return output.trim().split('\n')[0];
}

/** The last line with these words. */
function noted(output: string, words: string): string {
  const lines = output.split('\n').filter((line) => line.includes(words));
  return (lines.pop() ?? '').trim();
}
