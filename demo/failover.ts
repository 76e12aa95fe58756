// The phases of the demo of failover: `npm run demo -- --failover`.

import { describe, type Operation } from '../test/lab/history';
import { type Lab, until } from '../test/lab/lab';
import { type Load } from '../test/lab/load';
import { LabReplicas } from '../test/lab/replicas';
import { Phases } from './phases';
import { bold, count, green, print, red, table } from './screen';

const SHARDS = 3;
const CLIENTS = 12;
const OPERATIONS_PER_SECOND = 3000;

/** Milliseconds of acknowledged writes before the death of a master that may not have reached its replica. */
const LOST_MS = 500;

export class FailoverDemo {
  private readonly phases = new Phases();

  constructor(private readonly lab: Lab) {}

  /** Stops and kills servers of a fleet with replicas; returns whether only what may be lost was lost. */
  async run(): Promise<boolean> {
    print(bold(`\nA fleet of ${SHARDS} shards with replicas, while ${CLIENTS} clients write and read.\n`));
    let fleet: LabReplicas | undefined;
    await this.phases.run('both servers of each shard', async () => {
      fleet = await LabReplicas.start(this.lab, { servers: SHARDS });
      return `${2 * SHARDS} redis-server, 3 Sentinels, a nutcracker with its bridge`;
    });
    if (fleet === undefined) return false;
    const load = await fleet.load({ clients: CLIENTS, operationsPerSecond: OPERATIONS_PER_SECOND });
    this.phases.load = load;
    await this.stopAsPlanned(fleet);
    const died = await this.kill(fleet);
    await this.loseSentinels(fleet, load);
    await load.stop();
    return this.report(load, died);
  }

  private async stopAsPlanned(fleet: LabReplicas): Promise<void> {
    await this.phases.run('planned stop of the master of 0', async () => {
      await fleet.server(0, 'a').stop();
      return 'it handed over to its replica first, as in a drain or a rollout';
    });
    await this.phases.run('it comes back', async () => {
      await fleet.startServer(0, 'a');
      await fleet.untilReplicated([0]);
      return 'and follows: Sentinel told it who the master is';
    });
  }

  private async kill(fleet: LabReplicas): Promise<number> {
    const died = performance.now();
    await this.phases.run('kill -9 of the master of 1', async () => {
      await fleet.kill(1, 'a');
      await until('the replica is the master', async () => (await fleet.masterOf(1)) === 'b');
      await fleet.untilReplicated([1]);
      return 'Sentinel promoted its replica, and the dead one follows it';
    });
    return died;
  }

  private async loseSentinels(fleet: LabReplicas, load: Load): Promise<void> {
    await this.phases.run('all Sentinels are stopped', async () => {
      const writes = load.acknowledgedWrites;
      await Promise.all([0, 1, 2].map((n) => fleet.sentinel(n).stop()));
      await until('clients still write', () => load.acknowledgedWrites > writes + OPERATIONS_PER_SECOND);
      return 'clients notice nothing: each master is confirmed by its replica';
    });
  }

  private report(load: Load, died: number): boolean {
    const { history } = load;
    const mayBeUndone = ({ start, end }: Operation): boolean => end > died - LOST_MS && start < died + 1000;
    const violations = history.forgiving(mayBeUndone).violations();
    table('Data', [
      ['writes acknowledged', count(load.acknowledgedWrites)],
      [
        'keys that lost a write',
        count(history.lost().length),
        'replication is asynchronous: the last writes before the kill',
      ],
      ['other violations', count(violations.length), `of linearizability, in ${count(history.size)} commands`],
    ]);
    table(
      'Duration, and longest gap of any shard',
      this.phases.done.map(({ name, seconds, gaps }) => [
        name,
        `${seconds.toFixed(1)} s`,
        gaps.length > 0 ? `${Math.max(...gaps).toFixed(0)} ms` : '',
      ]),
    );
    const isOk = violations.length === 0;
    const [first] = violations;
    print(`\n${isOk ? green('Nothing else was lost.') : red(`Data was lost:\n${describe(first)}`)}\n`);
    return isOk;
  }
}
