// Hands the master role from one server of a shard to the other without loss: hold the writes, wait until the other server
// has applied them all, demote, check again, promote. At most one of the two accepts writes at any time.

import { type CommandLine, type RedisServer, ServerError } from '../redis/server';
import { NotDurableError, type Roles } from './roles';
import { type Step, reached } from './fault-points';
import { type ServerView, viewOf } from '../redis/server-view';
import { type HoldMethod } from './write-hold';

/** A server and its role changes. */
export interface Member {
  readonly server: RedisServer;
  readonly roles: Roles;
}

export interface HandOver {
  readonly from: Member;
  readonly to: Member;
  /** The address of `from`, which `to` follows again if the handover is aborted. */
  readonly fromAddress: string;
  /** Milliseconds for which writes may be held before a role changes. */
  readonly deadlineMs: number;
  readonly method: HoldMethod;
  /** Continue if a restart of `from` would undo its new role. */
  readonly acceptVolatileFence: boolean;
  /** Continue if a restart of `to` would undo its new role: only where its previous role is harmless. */
  readonly acceptVolatilePromotion: boolean;
  /** Commands to send with the promotion. */
  readonly beforePromotion?: readonly CommandLine[];
  readonly command: 'cutover' | 'rollback' | 'switchover';
}

/** The operation was aborted, and the master is still the same. */
export class AbortedError extends Error {}

/** Whether a retry may help. */
export function isWorthRetrying(error: unknown): boolean {
  return error instanceof AbortedError || (error instanceof ServerError && !error.isPermanent);
}

/** How long a pause outlives its deadline: covers the steps after the last check of the clock. */
const PAUSE_MARGIN_MS = 500;

/** How long the last bytes of the history may take to arrive after the link is cut. */
const LAST_BYTES_MS = 200;

/** Throws AbortedError with the roles as before, or another error with the roles as they were when it occurred. */
export async function handOver(it: HandOver): Promise<void> {
  const { from, method, deadlineMs } = it;
  const start = performance.now();
  const isLate = (): boolean => performance.now() - start > deadlineMs;
  await from.roles.writes.begin(method, deadlineMs + PAUSE_MARGIN_MS);
  step(it, 'held');
  try {
    await waitUntilCaughtUp(it, isLate);
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

/** Promotes `to` if it has all that the demoted `from` had; otherwise promotes `from` again. */
export async function promoteIfEqual(it: HandOver, fenced: ServerView): Promise<void> {
  const { from, to } = it;
  try {
    // If the pause expired while this program was stopped, `from` has writes that `to` lacks.
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
 * Demotes `to`, which cannot keep its role. If the pause expired while this program was stopped, `to` may have accepted
 * writes that `from` lacks: then it stays the master, and this throws NotDurableError.
 */
async function takeBack({ to, fromAddress }: HandOver, reason: NotDurableError): Promise<void> {
  const after = await to.roles.follow(fromAddress).catch((error: unknown) => {
    if (error instanceof NotDurableError && error.view !== undefined) return error.view;
    throw error;
  });
  if (reason.view === undefined || after.offset <= reason.view.offset) return;
  await to.roles.promote([], true);
  throw new NotDurableError(
    `${reason.message}; it has accepted writes meanwhile and serves: fix this before it restarts`,
  );
}

/** Whether a replica has applied the whole history of the demoted server. */
export function covers(replica: ServerView, fenced: ServerView): boolean {
  const sameHistory = replica.history.some((id) => fenced.history.includes(id));
  return sameHistory && replica.offset >= fenced.offset;
}

/** Bytes sent before the link broke may still be in transit. Throws AbortedError if they do not arrive. */
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
        : 'its history is not that of the demoted server',
    );
  }
}

async function waitUntilCaughtUp({ from, to }: HandOver, isLate: () => boolean): Promise<void> {
  const { offset } = viewOf(await from.server.info('replication'));
  for (;;) {
    const replica = viewOf(await to.server.info('replication'));
    if (isLate()) throw new AbortedError(`${offset - replica.offset} bytes were missing at the deadline`);
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
