// Rules for the directives of a pool, from a file or from code (conf_validate_pool in
// nutcracker's src/nc_conf.c).

import { DIRECTIVES } from './config-directives';
import { type Objection, objectionsOf } from './config-error';
import { checkText, quote } from './config-values';
import { type NutcrackerPoolProps } from './nutcracker-pool-props';

/** The objections to a pool. */
export function poolObjections(props: NutcrackerPoolProps): Objection[] {
  const objections = [
    ...objectionsOf(() => checkText('pool', props.name)),
    ...settingObjections(props),
    ...serverObjections(props),
    ...passwordObjections(props),
  ];
  return objections.map((objection) => ({ pool: props.name, ...objection }));
}

/** Every setting must parse when written to a file. */
function settingObjections(props: NutcrackerPoolProps): Objection[] {
  return DIRECTIVES.flatMap(({ prop, read }) => {
    const value = props[prop];
    if (value !== undefined) return objectionsOf(() => read(String(value)));
    if (prop !== 'listen') return [];
    return [
      {
        because: 'the pool has no listen',
        says: 'conf: directive "listen:" is missing',
        remedy: 'write its address, as in listen: 0.0.0.0:22121',
      },
    ];
  });
}

function serverObjections({ name, servers }: NutcrackerPoolProps): Objection[] {
  if (servers.length === 0) {
    const says = `conf: pool '${name}' has no servers`;
    return [{ subject: 'servers', because: 'the pool has none', says, remedy: 'add at least one' }];
  }
  return repeated(servers, (server) => server.ringName).map(({ first, again }) => ({
    line: again.line,
    subject: 'servers',
    because: `${quote(first.toString())} and ${quote(again.toString())} have the same ring name, ${quote(again.ringName)}`,
    says: `conf: pool '${name}' has servers with same name '${again.ringName}'`,
    remedy: 'give each server its own name, or remove one',
  }));
}

function passwordObjections({ redis, redisAuth, redisDb }: NutcrackerPoolProps): Objection[] {
  if (redisAuth === undefined) return [];
  if (redis !== true) {
    const says = 'conf: directive "redis_auth:" is only valid for a redis pool';
    return [{ subject: 'redis_auth', because: 'the pool is not a Redis pool', says, remedy: 'write redis: true' }];
  }
  if (redisDb === undefined || redisDb === 0) return [];
  // A server with a password refuses the SELECT that nutcracker sends before AUTH, and nutcracker continues in database 0.
  const because = `with a password nutcracker uses database 0, not ${redisDb}`;
  return [{ subject: 'redis_db', because, remedy: 'check which database holds the data, then remove redis_db' }];
}

/** Each item with the name of an earlier one, and the first item with that name. */
export function repeated<T>(items: readonly T[], name: (item: T) => string): { first: T; again: T }[] {
  const seen = new Map<string, T>();
  return items.flatMap((again) => {
    const first = seen.get(name(again));
    if (first !== undefined) return [{ first, again }];
    seen.set(name(again), again);
    return [];
  });
}
