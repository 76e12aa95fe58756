// The phases of the demo.

import { type Lab, until } from '../test/lab/lab';
import { type Load } from '../test/lab/load';
import { LabMove } from '../test/lab/move';
import { Phases } from './phases';
import { CUTOVER, report } from './report';
import { bold, count, print } from './screen';

const SHARDS = 4;
const KEYS_PER_SHARD = 1000;
const CLIENTS = 16;
const OPERATIONS_PER_SECOND = 6000;

export class Demo {
  private readonly phases = new Phases();

  constructor(private readonly lab: Lab) {}

  /** Migrates the fleet; returns whether no data was lost. */
  async run(): Promise<boolean> {
    print(bold(`\nA fleet of ${SHARDS} Redis servers migrates while ${CLIENTS} clients write and read.\n`));
    const move = await LabMove.of(this.lab, { servers: SHARDS });
    const keys = await this.startOldFleet(move);
    const before = await move.contents('old', keys);
    const load = await move.load({
      ports: [move.old.proxyPort],
      clients: CLIENTS,
      operationsPerSecond: OPERATIONS_PER_SECOND,
    });
    this.phases.load = load;
    await this.startNewFleet(move, load);
    await this.runMigrator(move, 'preflight');
    await this.runMigrator(move, 'sync');
    await this.runMigrator(move, 'verify', '--full', '--keys-per-second', '20000');
    await this.phases.run(CUTOVER, async () => lastLine(await move.run('cutover')));
    await this.phases.run('proxies without the bridge', async () => {
      await move.rollOut(load);
      return 'MigrationPhase.MOVED: they connect to the shards directly';
    });
    const loadReport = await load.stop();
    return report(loadReport, { before, after: await move.contents('new', keys) }, this.phases.done);
  }

  private async startOldFleet(move: LabMove): Promise<string[][]> {
    let keys: string[][] = [];
    await this.phases.run('old fleet with data', async () => {
      await move.old.start();
      await move.old.startProxy();
      keys = await move.old.fill(KEYS_PER_SHARD);
      return `${SHARDS} redis-server and a nutcracker, ${count(keys.flat().length)} keys of every type`;
    });
    return keys;
  }

  private async startNewFleet(move: LabMove, load: Load): Promise<void> {
    await this.phases.run('new fleet, as synthesized', async () => {
      await move.startNew();
      return `${SHARDS} empty shards without clients, and a proxy with its bridge`;
    });
    await this.phases.run('clients switch to the new proxy', async () => {
      load.routeTo(move.proxyPorts);
      await move.old.stopProxy();
      const writes = load.acknowledgedWrites;
      await until('clients write again', () => load.acknowledgedWrites > writes + OPERATIONS_PER_SECOND / 2);
      return 'no data has moved: the bridge routes to the old servers';
    });
  }

  private async runMigrator(move: LabMove, command: string, ...args: string[]): Promise<void> {
    await this.phases.run(`migrator ${command}`, async () => lastLine(await move.run(command, ...args)));
  }
}

function lastLine(output: string): string {
  return output.trim().split('\n').pop() ?? '';
}
