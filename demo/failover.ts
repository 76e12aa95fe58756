// The phases of the demo of failover: `npm run demo -- --failover`.

import { describe, type Operation } from '../test/lab/history';
import { type Lab, until } from '../test/lab/lab';
import { type Load } from '../test/lab/load';
import { LabReplicas } from '../test/lab/replicas';
import { type Phase } from './report';
import { bold, count, green, phase, print, red, table } from './screen';

const SHARDS = 3;
const CLIENTS = 12;
const OPERATIONS_PER_SECOND = 3000;

/** Milliseconds of acknowledged writes before the death of a master that may not have reached its replica. */
const LOST_MS = 500;

export class FailoverDemo {
  private readonly phases: Phase[] = [];
  private load?: Load;

  constructor(private readonly lab: Lab) {}

  /** Stops and kills servers of a fleet with replicas; returns whether only what may be lost was lost. */
  async run(): Promise<boolean> {
    print(bold(`\nA fleet of ${SHARDS} shards with replicas, while ${CLIENTS} clients write and read.\n`));
    let fleet: LabReplicas | undefined;
    await this.phase('both servers of each shard', async () => {
      fleet = await LabReplicas.start(this.lab, { servers: SHARDS });
      return `${2 * SHARDS} redis-server, 3 Sentinels, a nutcracker with its bridge`;
    });
    if (fleet === undefined) return false;
    this.load = await fleet.load({ clients: CLIENTS, operationsPerSecond: OPERATIONS_PER_SECOND });
    await this.stopAsPlanned(fleet);
    const died = await this.kill(fleet);
    await this.loseSentinels(fleet);
    await this.load.stop();
    return this.report(this.load, died);
  }

  private async stopAsPlanned(fleet: LabReplicas): Promise<void> {
    await this.phase('planned stop of the master of 0', async () => {
      await fleet.server(0, 'a').stop();
      return 'it handed over to its replica first, as in a drain or a rollout';
    });
    await this.phase('it comes back', async () => {
      await fleet.startServer(0, 'a');
      await fleet.untilReplicated([0]);
      return 'and follows: Sentinel told it who the master is';
    });
  }

  private async kill(fleet: LabReplicas): Promise<number> {
    const died = performance.now();
    await this.phase('kill -9 of the master of 1', async () => {
      await fleet.kill(1, 'a');
      await until('the replica is the master', async () => (await fleet.masterOf(1)) === 'b');
      await fleet.untilReplicated([1]);
      return 'Sentinel promoted its replica, and the dead one follows it';
    });
    return died;
  }

  private async loseSentinels(fleet: LabReplicas): Promise<void> {
    await this.phase('all Sentinels are stopped', async () => {
      const writes = this.load?.acknowledgedWrites ?? 0;
      await Promise.all([0, 1, 2].map((n) => fleet.sentinel(n).stop()));
      await until('clients still write', () => (this.load?.acknowledgedWrites ?? 0) > writes + OPERATIONS_PER_SECOND);
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
      this.phases.map(({ name, seconds, gaps }) => [
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

  private async phase(name: string, work: () => Promise<string>): Promise<void> {
    this.load?.takeGaps();
    const progress = (): string => (this.load ? `${count(this.load.acknowledgedWrites)} writes acknowledged` : '');
    const seconds = await phase(name, progress, work);
    this.phases.push({ name, seconds, gaps: this.load?.takeGaps() ?? [] });
  }
}
