// The phases of the demo, and what is measured in each.

import { type Lab, until } from '../test/lab/lab';
import { type Load } from '../test/lab/load';
import { LabMove } from '../test/lab/move';
import { CUTOVER, type Phase, report } from './report';
import { bold, count, phase, print } from './screen';

const SHARDS = 4;
const KEYS_PER_SHARD = 1000;
const CLIENTS = 16;
const OPERATIONS_PER_SECOND = 6000;

export class Demo {
  private readonly phases: Phase[] = [];
  private load?: Load;

  constructor(private readonly lab: Lab) {}

  /** Moves the fleet; whether nothing was lost. */
  async run(): Promise<boolean> {
    print(bold(`\nA fleet of ${SHARDS} Redis servers moves while ${CLIENTS} clients write and read.\n`));
    const move = await LabMove.of(this.lab, { servers: SHARDS });
    const keys = await this.oldFleet(move);
    const before = await move.contents('old', keys);
    const load = await move.load({
      ports: [move.old.proxyPort],
      clients: CLIENTS,
      operationsPerSecond: OPERATIONS_PER_SECOND,
    });
    this.load = load;
    await this.newFleet(move, load);
    await this.migrator(move, 'preflight');
    await this.migrator(move, 'sync');
    await this.migrator(move, 'verify', '--full', '--keys-per-second', '20000');
    await this.phase(CUTOVER, async () => lastLine(await move.run('cutover')));
    await this.phase('proxies without the bridge', async () => {
      await move.rollOut(load);
      return 'MigrationPhase.MOVED: they talk to the shards directly';
    });
    const seen = await load.stop();
    return report(seen, { before, after: await move.contents('new', keys) }, this.phases);
  }

  private async oldFleet(move: LabMove): Promise<string[][]> {
    let keys: string[][] = [];
    await this.phase('the old fleet, with data', async () => {
      await move.old.start();
      await move.old.startProxy();
      keys = await move.old.fill(KEYS_PER_SHARD);
      return `${SHARDS} redis-server and a nutcracker, ${count(keys.flat().length)} keys of every type`;
    });
    return keys;
  }

  private async newFleet(move: LabMove, load: Load): Promise<void> {
    await this.phase('the new fleet, as synthesized', async () => {
      await move.startNew();
      return `${SHARDS} empty shards that serve nobody, and a proxy with its bridge`;
    });
    await this.phase('clients go to the new proxy', async () => {
      load.lead(move.proxyPorts);
      await move.old.stopProxy();
      const writes = load.acknowledgedWrites;
      await until('clients write again', () => load.acknowledgedWrites > writes + OPERATIONS_PER_SECOND / 2);
      return 'no data has moved: the bridge routes to the old servers';
    });
  }

  private async migrator(move: LabMove, command: string, ...args: string[]): Promise<void> {
    await this.phase(`migrator ${command}`, async () => lastLine(await move.run(command, ...args)));
  }

  private async phase(name: string, work: () => Promise<string>): Promise<void> {
    this.load?.takeGaps();
    const alive = (): string => (this.load ? `${count(this.load.acknowledgedWrites)} writes acknowledged` : '');
    const seconds = await phase(name, alive, work);
    this.phases.push({ name, seconds, gaps: this.load?.takeGaps() ?? [] });
  }
}

function lastLine(output: string): string {
  return output.trim().split('\n').pop() ?? '';
}
