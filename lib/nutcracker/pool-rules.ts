// What must hold between the directives of a pool, whether they come from a file or from code (conf_validate_pool in
// nutcracker's src/nc_conf.c).

import { DIRECTIVES } from './config-directives';
import { type Objection, objectionsOf } from './config-error';
import { checkText, quote } from './config-values';
import { type NutcrackerPoolProps } from './nutcracker-pool-props';

/** What speaks against such a pool. */
export function poolObjections(props: NutcrackerPoolProps): Objection[] {
  const objections = [
    ...objectionsOf(() => checkText('pool', props.name)),
    ...settingObjections(props),
    ...serverObjections(props),
    ...passwordObjections(props),
  ];
  return objections.map((objection) => ({ pool: props.name, ...objection }));
}

/** Every setting must read back from what would be written of it. */
function settingObjections(props: NutcrackerPoolProps): Objection[] {
  return DIRECTIVES.flatMap(({ prop, read }) => {
    const value = props[prop];
    if (value !== undefined) return objectionsOf(() => read(String(value)));
    if (prop !== 'listen') return [];
    return [
      {
        because: 'the pool has no listen',
        says: 'conf: directive "listen:" is missing',
        remedy: 'write where it listens, as in listen: 0.0.0.0:22121',
      },
    ];
  });
}

function serverObjections({ name, servers }: NutcrackerPoolProps): Objection[] {
  if (servers.length === 0) {
    const says = `conf: pool '${name}' has no servers`;
    return [{ subject: 'servers', because: 'there is none', says, remedy: 'write at least one' }];
  }
  return repeated(servers, (server) => server.ringName).map(({ first, again }) => ({
    line: again.line,
    subject: 'servers',
    because: `${quote(first.toString())} and ${quote(again.toString())} have one name on the ring, ${quote(again.ringName)}`,
    says: `conf: pool '${name}' has servers with same name '${again.ringName}'`,
    remedy: 'give each server a name of its own, or take one out',
  }));
}

function passwordObjections({ redis, redisAuth, redisDb }: NutcrackerPoolProps): Objection[] {
  if (redisAuth === undefined) return [];
  if (redis !== true) {
    const says = 'conf: directive "redis_auth:" is only valid for a redis pool';
    return [{ subject: 'redis_auth', because: 'the pool is not for Redis', says, remedy: 'write redis: true' }];
  }
  if (redisDb === undefined || redisDb === 0) return [];
  // A server that wants a password refuses the SELECT that comes before it, and nutcracker goes on in database 0.
  const because = `with a password nutcracker keeps its data in database 0, not in ${redisDb}`;
  return [
    { subject: 'redis_db', because, remedy: 'leave redis_db out, after a look at which database holds the data' },
  ];
}

/** Each item whose name an earlier one has, and the first that has it. */
export function repeated<T>(items: readonly T[], name: (item: T) => string): { first: T; again: T }[] {
  const seen = new Map<string, T>();
  return items.flatMap((again) => {
    const first = seen.get(name(again));
    if (first !== undefined) return [{ first, again }];
    seen.set(name(again), again);
    return [];
  });
}
