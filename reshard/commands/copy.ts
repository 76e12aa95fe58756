// copy: copies the moving keys and everything that changes, until it is stopped, and changes over when `switch` or `return` asks.

import { RefusedError } from '../../migrator/program/outcome';
import { type Result } from '../../migrator/program/run';
import { AbortedError } from '../../migrator/shard/hand-over';
import { deleteCopies } from '../move/foreign-keys';
import { Mover } from '../move/mover';
import { nameOf, otherRing, type RingId } from '../plan/plan';
import { type Fleet } from '../server/fleet';
import { type Context, forFleet, lockFleet } from './context';
import { requested } from './requests';

export interface CopyOptions {
  /** How long nobody may be served during a change. */
  readonly deadlineMs: number;
  /** How many keys a second are copied at first. */
  readonly rate: number;
  /** Whether to delete copies of keys that the serving ring does not have, however many there are. */
  readonly deleteOrphans: boolean;
}

/** How often to look for a request. */
const POLL_MS = 100;

export function copy(context: Context, options: CopyOptions): Promise<Result> {
  return forFleet(context, async (fleet, rings) => {
    await lockFleet(fleet, context);
    const note = (text: string): void => {
      context.report.note(text);
    };
    const serving = await fleet.recover(note);
    await fleet.checkCluster();
    await fleet.prepare();
    const deleted = await deleteCopies(fleet, rings, serving, options.deleteOrphans);
    if (deleted > 0) note(`${deleted} old copies deleted`);
    const mover = await Mover.start(fleet, rings, serving, context.access, options.rate);
    try {
      return await follow(context, fleet, mover, options);
    } finally {
      mover.close();
    }
  });
}

async function follow(context: Context, fleet: Fleet, mover: Mover, { deadlineMs }: CopyOptions): Promise<string> {
  const { report, stop } = context;
  const requests = new Requests(context, fleet);
  const start = performance.now();
  try {
    const isStopped = (): boolean => stop.aborted;
    await mover.copyUntil(() => mover.isCopied || isStopped());
    if (!isStopped())
      report.note(`copied ${mover.copied} values in ${seconds(start)}; following ${nameOf(mover.serving)}`);
    while (!isStopped()) {
      await mover.copyUntil(() => isStopped() || (requests.isFor(otherRing(mover.serving)) && mover.isCopied));
      if (isStopped()) break;
      const reason = context.superseded?.();
      if (reason !== undefined) throw new RefusedError(reason);
      const { ms, keys } = await mover.changeOver(deadlineMs);
      report.note(
        `${nameOf(mover.serving)} serves; nobody was served for ${ms.toFixed(0)} ms, ${keys} keys copied meanwhile`,
      );
    }
  } finally {
    requests.stop();
  }
  throw new AbortedError(`stopped; ${nameOf(mover.serving)} serves, and the copies are of no use: run copy again`);
}

/** Looks for a request every now and then. */
class Requests {
  private wanted?: RingId;
  private readonly timer: NodeJS.Timeout;

  constructor({ planHash }: Context, fleet: Fleet) {
    const redis = fleet.lockHolder;
    this.timer = setInterval(() => {
      requested(redis, planHash).then(
        (ring) => (this.wanted = ring),
        () => (this.wanted = undefined), // the change logs end with the server
      );
    }, POLL_MS);
  }

  isFor(ring: RingId): boolean {
    return this.wanted === ring;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

function seconds(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
