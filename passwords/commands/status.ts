// What the running servers and Sentinels accept and send, compared with the Secret.

import { attempt, eachShard } from '../../migrator/program/each-shard';
import { type RedisServer } from '../../migrator/redis/server';
import { AbortedError } from '../../migrator/shard/hand-over';
import { Accepted } from '../servers/accepted';
import { type Secret } from '../servers/secret';
import { serverSends } from '../servers/masterauth';
import { sentinelSends } from '../servers/sentinel';
import { type Context, type Outcomes, withServers } from './context';

const AT_A_TIME = 16;

export async function status(context: Context): Promise<Outcomes> {
  const { plan, secret } = context;
  const look = async (addresses: readonly string[], sends: typeof serverSends): Promise<string> => {
    const problems = await withServers(
      addresses,
      (address) => secret.connect(address),
      async (all) =>
        (
          await Promise.all(all.map(async (server) => problemsOf(server, secret, await sends(server, secret.current))))
        ).flat(),
    );
    if (problems.length > 0) throw new AbortedError(problems.join('; '));
    return `as in the Secret, which has ${secret.secondHash === undefined ? 'one password' : 'two passwords'}`;
  };
  const shards = await eachShard(context, { concurrency: AT_A_TIME }, ({ servers }) => look(servers, serverSends));
  if (plan.sentinels.length === 0) return { shards };
  return { shards, sentinels: await attempt(() => look(plan.sentinels, sentinelSends)) };
}

async function problemsOf(server: RedisServer, secret: Secret, isSent: boolean): Promise<string[]> {
  const accepted = await Accepted.by(server);
  const { currentHash, secondHash } = secret;
  const others = accepted.others(secret.hashes).length;
  const problems = [
    ...(accepted.has(currentHash) ? [] : ['does not accept the first password: run apply']),
    ...(secondHash === undefined || accepted.has(secondHash)
      ? []
      : ['does not accept the second password: run apply, or after retire remove it from the Secret']),
    ...(others === 0 ? [] : [`accepts ${others} that the Secret does not have: run retire`]),
    ...(isSent ? [] : ['sends another password than the first one: run apply']),
  ];
  return problems.map((problem) => `${server.address} ${problem}`);
}
