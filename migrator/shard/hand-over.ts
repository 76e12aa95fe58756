// Gives the role of the master from one server of a shard to the other, and loses nothing: hold the writes, wait until the
// other has them all, demote, look again, promote. At every moment at most one of the two takes writes.

import { type CommandLine, type RedisServer } from '../redis/server';
import { NotDurableError, type Roles } from './roles';
import { type Step, reached } from './fault-points';
import { type ServerView, viewOf } from '../redis/server-view';
import { type HoldMethod } from './write-hold';

/** A server and what changes its role. */
export interface Member {
  readonly server: RedisServer;
  readonly roles: Roles;
}

export interface HandOver {
  readonly from: Member;
  readonly to: Member;
  /** Where `from` was, for `to` to follow it again if this comes to nothing. */
  readonly fromAddress: string;
  /** Milliseconds for which writes may be held before anything has changed. */
  readonly deadlineMs: number;
  readonly method: HoldMethod;
  /** Go on if `from` cannot keep its new role. */
  readonly acceptVolatileFence: boolean;
  /** Go on if `to` cannot keep its new role: only where the one that it would come back with does no harm. */
  readonly acceptVolatilePromotion: boolean;
  /** Commands that go with the promotion. */
  readonly beforePromotion?: readonly CommandLine[];
  readonly command: 'cutover' | 'rollback';
}

/** It came to nothing: the master is the one that it was. */
export class AbortedError extends Error {}

/** How long a pause outlives its deadline: what follows the last look at the clock. */
const PAUSE_MARGIN_MS = 500;

/** How long the end of the history may take to arrive once the link is cut. */
const LAST_BYTES_MS = 200;

/** Throws AbortedError, with everything as before, or whatever broke, with everything as it was then. */
export async function handOver(it: HandOver): Promise<void> {
  const { from, method, deadlineMs } = it;
  const start = performance.now();
  const late = (): boolean => performance.now() - start > deadlineMs;
  await from.roles.writes.begin(method, deadlineMs + PAUSE_MARGIN_MS);
  step(it, 'held');
  try {
    await waitUntilCaughtUp(it, late);
    step(it, 'equal');
  } catch (error) {
    await from.roles.writes.end();
    throw error;
  }
  const fenced = await demote(it);
  step(it, 'demoted');
  await promoteIfEqual(it, fenced);
  step(it, 'promoted');
}

/** Promotes `to` if it lacks nothing of the demoted `from`, and gives `from` its role back otherwise. */
export async function promoteIfEqual(it: HandOver, fenced: ServerView): Promise<void> {
  const { from, to } = it;
  try {
    // A pause may have run out while this program was not running: then there are writes that nobody else has.
    await waitUntilCovered(to.server, fenced);
    await to.roles.promote(it.beforePromotion, it.acceptVolatilePromotion);
  } catch (error) {
    if (!(error instanceof AbortedError || error instanceof NotDurableError)) throw error;
    if (error instanceof NotDurableError) await takeBack(it, error);
    await from.roles.promote().catch(rethrowUnlessNotDurable);
    throw new AbortedError(error.message);
  }
}

/**
 * Takes the role from `to`, which cannot keep it. If this program stood still until its pause was over, `to` may have taken
 * writes by then that nobody else has: then it stays the master. Throws that.
 */
async function takeBack({ to, fromAddress }: HandOver, reason: NotDurableError): Promise<void> {
  const after = await to.roles.follow(fromAddress).catch((error: unknown) => {
    if (error instanceof NotDurableError && error.view !== undefined) return error.view;
    throw error;
  });
  if (reason.view === undefined || after.offset <= reason.view.offset) return;
  await to.roles.promote([], true);
  throw new NotDurableError(
    `${reason.message}; it has taken writes meanwhile, and serves: see to it before it restarts`,
  );
}

/** Whether a replica has applied all of the history that the demoted server had. */
export function covers(replica: ServerView, fenced: ServerView): boolean {
  const sameHistory = replica.history.some((id) => fenced.history.includes(id));
  return sameHistory && replica.offset >= fenced.offset;
}

/** What was sent before the link broke may still be on its way. Throws AbortedError if it does not arrive. */
async function waitUntilCovered(server: RedisServer, fenced: ServerView): Promise<void> {
  const deadline = performance.now() + LAST_BYTES_MS;
  for (;;) {
    const replica = viewOf(await server.info('replication'));
    if (covers(replica, fenced)) return;
    if (replica.isLinked && performance.now() < deadline) continue;
    const missing = fenced.offset - replica.offset;
    throw new AbortedError(
      missing > 0
        ? `${missing} bytes were written while writes should have been held`
        : 'it has another history than the old server',
    );
  }
}

async function waitUntilCaughtUp({ from, to }: HandOver, late: () => boolean): Promise<void> {
  const { offset } = viewOf(await from.server.info('replication'));
  for (;;) {
    const replica = viewOf(await to.server.info('replication'));
    if (late()) throw new AbortedError(`${offset - replica.offset} bytes were missing when the time was up`);
    if (!replica.isLinked) throw new AbortedError('the link between the servers broke');
    if (replica.offset >= offset) return;
  }
}

async function demote({ from, acceptVolatileFence }: HandOver): Promise<ServerView> {
  try {
    return await from.roles.demote();
  } catch (error) {
    if (!(error instanceof NotDurableError)) throw error;
    if (acceptVolatileFence && error.view !== undefined) return error.view;
    await from.roles.promote().catch(rethrowUnlessNotDurable);
    throw new AbortedError(`the fence would not survive a restart: ${error.message}`);
  }
}

function rethrowUnlessNotDurable(error: unknown): void {
  if (!(error instanceof NotDurableError)) throw error;
}

function step({ command }: HandOver, name: 'held' | 'equal' | 'demoted' | 'promoted'): void {
  reached(`${command}.${name}` satisfies Step);
}
