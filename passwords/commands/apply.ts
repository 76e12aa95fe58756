// Makes the running servers and Sentinels accept both passwords of the Secret, and send the first one, as a restart would. What
// accepts comes before what sends, so that nobody sends a password that is not accepted yet.

import { type ShardServers } from '../../lib/passwords/password-plan';
import { attempt, eachShard } from '../../migrator/program/each-shard';
import { ExitCode } from '../../migrator/program/outcome';
import { type RedisServer } from '../../migrator/redis/server';
import { reached } from '../../migrator/shard/fault-points';
import { AbortedError } from '../../migrator/shard/hand-over';
import { Accepted } from '../servers/accepted';
import { setMasterauth } from '../servers/masterauth';
import { send, sentinelSends } from '../servers/sentinel';
import { type Context, type Outcomes, withServers } from './context';

export async function apply(context: Context, { concurrency }: { concurrency: number }): Promise<Outcomes> {
  const { plan, secret } = context;
  const accepting = plan.sentinels.length === 0 ? undefined : await attempt(() => acceptOnSentinels(context));
  const shards = await eachShard(context, { concurrency }, (shard) => applyTo(context, shard));
  if (accepting?.code !== ExitCode.DONE) return { shards, sentinels: accepting };
  const sentinels = await attempt(async () => {
    if (shards.some(({ code }) => code !== ExitCode.DONE)) {
      throw new AbortedError('they send the first password once every server accepts it; run apply again');
    }
    await withServers(
      plan.sentinels,
      (address) => secret.connect(address),
      async (all) => {
        for (const sentinel of all) await sendFrom(context, sentinel);
      },
    );
    return 'they accept both passwords, and send the first one';
  });
  return { shards, sentinels };
}

async function acceptOnSentinels({ plan, secret }: Context): Promise<string> {
  await withServers(
    plan.sentinels,
    (address) => secret.connect(address),
    (all) => accept(all, secret.hashes),
  );
  return 'they accept both passwords';
}

async function sendFrom({ plan, secret }: Context, sentinel: RedisServer): Promise<void> {
  if (await sentinelSends(sentinel, secret.current)) return;
  await send(
    sentinel,
    secret.current,
    plan.shards.map(({ shard }) => shard),
  );
  reached('apply.sent');
}

async function applyTo({ secret, report }: Context, { shard, servers }: ShardServers): Promise<string> {
  report.progress({ shard, state: 'applying' });
  await withServers(
    servers,
    (address) => secret.connect(address),
    (all) => accept(all, secret.hashes),
  );
  reached('apply.accepted');
  // Only if both servers accept it: a replica sends it to its master, and either may be the master.
  await withServers(
    servers,
    (address) => secret.connectWithCurrent(address),
    async (all) => {
      for (const server of all) await setMasterauth(server, secret.current);
    },
  );
  reached('apply.masterauth');
  return `${servers.length === 1 ? 'it accepts' : 'both servers accept'} ${secret.hashes.length === 1 ? 'the password' : 'both passwords'}`;
}

async function accept(servers: readonly RedisServer[], hashes: readonly string[]): Promise<void> {
  await Promise.all(servers.map(async (server) => (await Accepted.by(server)).add(hashes)));
}
