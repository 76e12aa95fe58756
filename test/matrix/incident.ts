// One run of a cell of the matrix: the faults, and the times in which they may undo acknowledged writes.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { otherSide, type Side } from '../../lib/failover/replica-plan';
import { until } from '../lab/lab';
import { type FaultName, FAULTS, isNode } from './faults';
import { type MatrixFleet } from './fleet';
import { type Subject, SUBJECTS } from './subjects';

/** Milliseconds of the clock of the history. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** Acknowledged writes before the death of a master that may not have reached its replica. */
const UNSENT_MS = 500;
/** A new master serves after down-after-milliseconds at the earliest; until then, an answer may have been on its way. */
const LATE_MS = 1000;
/** How long a master serves clients of a bridge that is cut off with it, at most: 1.4 s, and what a busy machine adds. */
const LEASE_MS = 2500;

/** How long a master with a full disk may give old answers after its replica was promoted: 1.1 s, and what a busy machine adds. */
const VOTES_MS = 3000;

/** As long as a fleet may take to recover: Sentinels that were stalled do nothing for 30 seconds. */
const PATIENCE_MS = 150_000;

export class Incident {
  /** When acknowledged writes may be undone. */
  readonly mayBeUndone: Period[] = [];
  /** When a master that was replaced may give old answers: it stalled together with its bridge, or its disk is full. */
  readonly mayBeStale: Period[] = [];
  /** The server that is the master now. */
  private master: Side;
  /** When the fault began. */
  began = NaN;

  constructor(
    readonly it: MatrixFleet,
    private readonly cell: { readonly subject: Subject; readonly fault: FaultName },
    readonly firstMaster: Side,
  ) {
    this.master = firstMaster;
  }

  /** The fault, and its end. */
  async strike(): Promise<void> {
    const { lastsMs, heal } = await this.begin();
    await sleep(lastsMs);
    await heal();
  }

  /** Begins the fault. */
  async begin(): Promise<{ lastsMs: number; heal: () => Promise<void> }> {
    const groups = SUBJECTS[this.cell.subject](this.it.fleet, this.master);
    const hitsMaster = groups.flat().some(({ pod }) => pod === this.it.fleet.server(0, this.master));
    const { begin, lastsMs } = FAULTS[this.cell.fault];
    this.began = performance.now();
    const before = this.began;
    const heal = await begin(this.it, groups);
    if (hitsMaster) this.hitMaster(before, isNode(groups));
    const sleeps = hitsMaster && isNode(groups) && begin === FAULTS['stopped for ten seconds'].begin;
    return {
      lastsMs: isNode(groups) ? Math.max(lastsMs, FAULTS['stopped for ten seconds'].lastsMs) : lastsMs,
      heal: async () => {
        const from = performance.now();
        await heal();
        if (sleeps) {
          this.mayBeUndone.push({ from, to: from + LATE_MS });
          this.mayBeStale.push({ from, to: from + LATE_MS });
        }
      },
    };
  }

  /** Kills the master, which kubelet restarts at once. */
  async killMaster(): Promise<void> {
    this.died(performance.now());
    await this.it.fleet.server(0, this.master).program('redis').stop('SIGKILL');
  }

  /** Waits until the replica has replaced the master. */
  async replaced(): Promise<void> {
    const next = otherSide(this.master);
    await until(`${next} is the master`, async () => (await this.it.fleet.masterOf(0)) === next, PATIENCE_MS);
    this.master = next;
  }

  /** Stops the pod of the master as planned, with a pause of its hook before a line; then restarts it. `act` runs in the pause. */
  async plannedStop(line: string, act: () => Promise<void>): Promise<void> {
    const { fleet } = this.it;
    const { master } = this;
    const pod = fleet.server(0, master);
    const script = path.join(pod.directory('/etc/redis-shard'), 'hand-over.sh');
    const text = fs.readFileSync(script, 'utf8');
    if (text.split(line).length !== 2) throw new Error(`hand-over.sh must have this line once: ${line}`);
    const marker = path.join(pod.directory('/data'), '.pause');
    fs.writeFileSync(
      script,
      text.replace(line, () => `: >.pause; sleep 0.2\n${line}`),
    );
    const stopping = pod.stop();
    await Promise.race([stopping, until('the hook is there', () => fs.existsSync(marker), PATIENCE_MS)]);
    if (!fs.existsSync(marker)) throw new Error('the planned stop never came to that line');
    await act();
    await stopping;
    fs.rmSync(marker, { force: true });
    await fleet.startServer(0, master);
  }

  private hitMaster(at: number, withProxy: boolean): void {
    const { fault } = this.cell;
    if (fault.includes('cut off') && withProxy) this.mayBeUndone.push({ from: at - UNSENT_MS, to: at + LEASE_MS });
    else if (fault.includes('cut off') || fault.startsWith('killed')) this.died(at);
    // It rejects writes, but still serves reads through one bridge when another has seen the votes for its replica.
    else if (fault === 'with a full disk') void this.staleAfterPromotion(otherSide(this.master)).catch(() => undefined);
  }

  /** From the last time that the replica was one. */
  private async staleAfterPromotion(replica: Side): Promise<void> {
    let from = performance.now();
    await until(
      `${replica} is promoted`,
      async () => {
        const asked = performance.now();
        if ((await this.it.fleet.replication(0, replica)).role === 'master') return true;
        from = asked;
        return false;
      },
      PATIENCE_MS,
    );
    this.mayBeStale.push({ from, to: performance.now() + VOTES_MS });
  }

  private died(at: number): void {
    this.mayBeUndone.push({ from: at - UNSENT_MS, to: at + LATE_MS });
  }
}
