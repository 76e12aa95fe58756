// How many keys a way back would lose: those that differ between the fenced old server and the new one.

import { type Ask, pastTheFence, plainly } from './ask';
import { clocksApart } from './compare';
import { differenceOf, lookAt } from './key-look';
import { allKeys, select } from './keys';
import { type Pair, type Sight, versionOf } from './pair';
import { type RedisServer } from './server';
import { type ServerView } from './view';

export class ChangedKeys {
  constructor(readonly count: number) {}

  toString(): string {
    return `${this.count.toLocaleString('en')} key${this.count === 1 ? '' : 's'}`;
  }
}

/** Counts over all keys of both servers: exact while nobody writes. Throws a ServerError if one cannot be read. */
export async function changedKeys(pair: Pair, { old, new: fresh }: Sight): Promise<ChangedKeys> {
  const [oldVersion, newVersion] = [versionOf(old), versionOf(fresh)];
  const ask = { old: askFor(pair.old, old), new: askFor(pair.new, fresh) };
  const terms = {
    ahead: await clocksApart(pair),
    sendsDurations: false,
    dumps: oldVersion.rdbLevel === newVersion.rdbLevel,
  };
  const changed = new Set<string>();
  for (const database of databasesOf(old, fresh)) {
    await Promise.all([select(ask.old, database), select(ask.new, database)]);
    for await (const keys of bothSides(ask)) {
      const [olds, news] = await Promise.all([lookAt(ask.old, keys, terms), lookAt(ask.new, keys, terms)]);
      for (const [i, key] of keys.entries()) {
        const isOther = differenceOf(olds[i], news[i], terms) !== undefined;
        if (isOther) changed.add(`${database}:${key.toString('latin1')}`);
      }
    }
  }
  return new ChangedKeys(changed.size);
}

/** A server that is a replica of nobody refuses reads. */
function askFor(server: RedisServer, view?: ServerView): Ask {
  return view?.isMaster === false ? pastTheFence(server, versionOf(view)) : plainly(server);
}

async function* bothSides(ask: { readonly old: Ask; readonly new: Ask }): AsyncGenerator<Buffer[]> {
  yield* allKeys(ask.old);
  yield* allKeys(ask.new);
}

function databasesOf(...views: (ServerView | undefined)[]): Set<number> {
  return new Set(views.flatMap((view) => view?.info.keyspaces.map(({ database }) => database) ?? []));
}
