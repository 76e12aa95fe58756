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
    ahead: await clocksApart(ask.old, ask.new),
    sendsDurations: false,
    dumps: oldVersion.rdbLevel === newVersion.rdbLevel,
  };
  const changed = new Set<string>();
  for (const database of databasesOf(old, fresh)) {
    await Promise.all([select(ask.old, database), select(ask.new, database)]);
    for await (const keys of candidates(ask)) {
      const [olds, news] = await Promise.all([lookAt(ask.old, keys, terms), lookAt(ask.new, keys, terms)]);
      for (const [i, key] of keys.entries()) {
        const isOther = differenceOf(olds[i], news[i], terms) !== undefined;
        // A scan may give a key twice.
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

/** All keys of the old server, and those that the new one alone has. */
async function* candidates(ask: { readonly old: Ask; readonly new: Ask }): AsyncGenerator<Buffer[]> {
  yield* allKeys(ask.old);
  for await (const keys of allKeys(ask.new)) {
    const there = await ask.old(keys.map((key) => ['EXISTS', key]));
    const others = keys.filter((_, i) => there[i] !== 1);
    if (others.length > 0) yield others;
  }
}

function databasesOf(...views: (ServerView | undefined)[]): Set<number> {
  return new Set(views.flatMap((view) => view?.info.keyspaces.map(({ database }) => database) ?? []));
}
