// Removes every password but the first one of the Secret from all servers and Sentinels. Redis cannot tell which password a
// connection has used, so this is a trial: the clients that stay connected must come from proxies that have the first password; then
// the others are removed everywhere, and given back everywhere at once if a client is rejected.

import { attempt, eachShard } from '../../migrator/program/each-shard';
import { ExitCode, type Outcome, RefusedError } from '../../migrator/program/outcome';
import { firstFew, type Networks } from '../../migrator/redis/clients';
import { type RedisServer } from '../../migrator/redis/server';
import { type Report } from '../../migrator/report/report';
import { reached } from '../../migrator/shard/fault-points';
import { Accepted } from '../servers/accepted';
import { doubtfulClients } from '../servers/lasting-clients';
import { Proxies } from '../servers/proxies';
import { logsRejections, rejectedWithin } from '../servers/rejections';
import { serverSends } from '../servers/masterauth';
import { sentinelSends } from '../servers/sentinel';
import { type Context, type Outcomes } from './context';

export interface RetireOptions {
  readonly watchMs: number;
  readonly trusted: Networks;
}

const AT_A_TIME = 16;
const POLL_MS = 200;
const MINUTE_MS = 60_000;

type Sends = (server: RedisServer, password: string) => Promise<boolean>;

export async function retire(context: Context, options: RetireOptions): Promise<Outcomes> {
  const { plan, secret, proxyTrust } = context;
  const proxies = new Proxies(plan.proxyPort, secret.current, proxyTrust);
  const servers: RedisServer[] = [];
  const prepare = async (addresses: readonly string[], sends: Sends): Promise<RedisServer[]> => {
    const results = await Promise.allSettled(addresses.map((address) => secret.connectWithCurrent(address)));
    const opened = results.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []));
    servers.push(...opened);
    const failed = results.find((it) => it.status === 'rejected');
    if (failed !== undefined) throw failed.reason as Error;
    for (const server of opened) checkReady(server, await sends(server, secret.current));
    return opened;
  };
  try {
    const shards = await eachShard(context, { concurrency: AT_A_TIME }, async ({ shard, servers: addresses }) => {
      context.report.progress({ shard, state: 'checking' });
      const known = { proxies, trusted: options.trusted, replicas: addresses.length - 1 };
      const all = await prepare(addresses, serverSends);
      for (const server of all) await checkLog(server);
      const doubtful = (await Promise.all(all.map((server) => doubtfulClients(server, known)))).flat();
      if (doubtful.length > 0) throw new RefusedError(firstFew([...new Set(doubtful)]));
      return 'its clients have the first password';
    });
    const sentinels =
      plan.sentinels.length === 0
        ? undefined
        : await attempt(async () => {
            await prepare(plan.sentinels, sentinelSends);
            return 'they send the first password';
          });
    const isReady = [...shards, ...(sentinels ? [sentinels] : [])].every(({ code }) => code === ExitCode.DONE);
    return isReady && !context.stop.aborted
      ? conclude(shards, sentinels, await tryWithout(context, servers, options.watchMs))
      : { shards: shards.map(notTried), sentinels };
  } finally {
    for (const server of servers) server.close();
  }
}

/** A shard that is ready must not look as if it were done. */
function notTried(outcome: Outcome): Outcome {
  if (outcome.code !== ExitCode.DONE) return outcome;
  return { ...outcome, code: ExitCode.INCOMPLETE, message: `${outcome.message}; nothing was removed yet` };
}

/** The trial is one for all. */
function conclude(
  shards: readonly Outcome[],
  sentinels: Outcomes['sentinels'],
  problem?: Outcomes['sentinels'],
): Outcomes {
  const result = problem ?? {
    code: ExitCode.DONE,
    message: 'only the first password is accepted, and no client was rejected',
  };
  return { shards: shards.map(({ shard }) => ({ shard, ...result })), sentinels: sentinels && result };
}

/** Sentinels have no such setting. */
async function checkLog(server: RedisServer): Promise<void> {
  if (await logsRejections(server)) return;
  throw new RefusedError(`${server.address} keeps no log of rejected clients; set acllog-max-len to 128 there`);
}

function checkReady(server: RedisServer, isSent: boolean): void {
  if (!isSent) throw new RefusedError(`${server.address} sends another password to the others; run apply`);
}

/**
 * Why it failed; undefined if no client was rejected. Also where nothing is left to remove: an earlier run may have died before it
 * looked for rejected clients.
 */
async function tryWithout(
  { secret, report, shards }: Context,
  servers: readonly RedisServer[],
  watchMs: number,
): Promise<Outcomes['sentinels']> {
  const { currentHash } = secret;
  const before = await Promise.all(servers.map((server) => Accepted.by(server)));
  const others = before.map((accepted) => accepted.others([currentHash]));
  if (secret.secondHash === undefined && others.every((it) => it.length === 0)) return undefined;
  report.note(
    `other passwords are removed from ${servers.length} servers; looking for rejected clients for ${watchMs / 1000} s`,
  );
  for (const { shard } of shards) report.progress({ shard, state: 'watching' });
  const giveBack = async (i: number): Promise<void> =>
    (await Accepted.by(servers[i])).add([...new Set([...others[i], ...secret.hashes])]);
  const start = performance.now();
  let rejected: string[] = [];
  const trial = await attempt(async () => {
    await Promise.all(before.map((accepted) => accepted.removeAllBut(currentHash)));
    reached('retire.removed');
    rejected = await rejectedBy(servers, { start, watchMs, report });
    if (rejected.length > 0) {
      const text = `still in use, so it was given back: ${firstFew(rejected)}`;
      throw new RefusedError(`${text}; give these clients the new password, and run retire again`);
    }
    for (const server of servers) {
      if ((await Accepted.by(server)).others([currentHash]).length === 0) continue;
      throw new RefusedError(
        `${server.address} was given a password back, by a restart or another program; run retire again`,
      );
    }
    return '';
  });
  if (trial.code === ExitCode.DONE) return undefined;
  // A server that has died restarts with both.
  await Promise.allSettled(servers.map((_, i) => giveBack(i)));
  return trial;
}

interface Watch {
  readonly start: number;
  readonly watchMs: number;
  readonly report: Report;
}

/** The first clients that are rejected; none after all this time. */
async function rejectedBy(servers: readonly RedisServer[], { start, watchMs, report }: Watch): Promise<string[]> {
  for (let minutes = 1; ;) {
    const elapsed = performance.now() - start;
    const found = await Promise.all(
      servers.map(async (server) =>
        (await rejectedWithin(server, elapsed)).map((client) => `${server.address} has rejected ${client}`),
      ),
    );
    const rejected = [...new Set(found.flat())];
    if (rejected.length > 0 || elapsed > watchMs) return rejected;
    if (elapsed > minutes * MINUTE_MS) report.note(`no client was rejected for ${minutes++} min`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
