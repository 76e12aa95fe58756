// Whether all keys of an old server belong to the shard that it is imported to, by the rings of the plan.

import { type BackedUpShard, type BackupPlan } from '../../lib/backup/backup-plan';
import { percent } from '../../lib/nutcracker/percent';
import { allKeys, printable, select } from '../../migrator/data/key-scan';
import { ownerOf, type PlannedRing, ringOf, type RingShard, ringsOf } from '../../migrator/data/planned-ring';
import { RefusedError } from '../../migrator/program/outcome';
import { directSender } from '../../migrator/redis/command-sender';
import { type RedisServer } from '../../migrator/redis/server';
import { type Info } from '../../migrator/redis/info';

/** Large, since no client waits. */
const BATCH = 1000;

/** From this share of misplaced keys on, the file is not that of the shard; old rings leave fewer behind, as in preflight. */
const MAX_LEFTOVERS = 0.05;

/** The share that shows that the file is that of another shard. */
const NEARLY_ALL = 0.8;

type Shard = BackedUpShard & RingShard;

export class Placement {
  private readonly shards: readonly Shard[];
  private readonly rings: readonly PlannedRing<Shard>[];

  constructor({ shards, pools = [] }: BackupPlan) {
    this.shards = shards.map((shard) => ({ servers: [], ...shard }));
    this.rings = pools.map((pool) => ringOf(this.shards, pool));
  }

  /**
   * Checks every key of a server that has loaded the files of a shard; `name` is the file, for messages. Returns remarks. Throws a RefusedError, a
   * ServerError.
   */
  async check(ordinal: number, name: string, server: RedisServer, info: Info, onKeys: () => void): Promise<string[]> {
    const shard = this.shards.find((it) => it.shard === ordinal);
    if (shard === undefined) throw new RefusedError(`the plan has no shard ${ordinal}`);
    const remarks: string[] = [];
    for (const { database, keys } of info.keyspaces.filter((it) => it.keys > 0)) {
      const rings = ringsOf(this.rings, shard, database);
      if (rings.length === 0) throw new RefusedError(this.otherDatabase(name, shard, database, keys));
      const count = await counted(server, database, shard, rings, onKeys);
      remarks.push(...judged(name, shard, count));
    }
    return remarks;
  }

  private otherDatabase(name: string, shard: Shard, database: number, keys: number): string {
    const used = this.rings.filter(({ shards }) => shards.includes(shard)).map(({ pool }) => pool.database);
    return `${name} has ${keys} ${keys === 1 ? 'key' : 'keys'} in database ${database}, and the pools use database ${[...new Set(used)].join(', ')}: nutcracker would not find them; delete or move them on the old server, and copy its files again`;
  }
}

interface Count {
  all: number;
  /** By shard, those that do not belong to the own one, and an example. */
  readonly strays: Map<Shard, number>;
  example?: { readonly key: Buffer; readonly owner: Shard };
}

async function counted(
  server: RedisServer,
  database: number,
  shard: Shard,
  rings: readonly PlannedRing<Shard>[],
  onKeys: () => void,
): Promise<Count> {
  const count: Count = { all: 0, strays: new Map() };
  const send = directSender(server);
  await select(send, database);
  for await (const keys of allKeys(send, BATCH)) {
    for (const key of keys) {
      count.all += 1;
      const owner = ownerOf(key, shard, rings);
      if (owner === shard) continue;
      count.strays.set(owner, (count.strays.get(owner) ?? 0) + 1);
      count.example ??= { key, owner };
    }
    onKeys();
  }
  return count;
}

function judged(name: string, { shard }: Shard, { all, strays, example }: Count): string[] {
  if (example === undefined) return [];
  const [owner, most] = [...strays].sort(([, a], [, b]) => b - a)[0];
  const sum = [...strays.values()].reduce((total, n) => total + n, 0);
  if (most >= NEARLY_ALL * all) {
    throw new RefusedError(
      `${name} holds keys of shard ${owner.shard} (${owner.names.join(', ')}): ${most} of its ${all} keys belong there; put it into the directory of that shard, or correct the order of the servers in nutcracker.yml`,
    );
  }
  const found = `${name}: of ${all} keys, ${sum} (${percent(sum / all)}) belong to other shards than ${shard}, as ${printable(example.key)} to shard ${example.owner.shard}`;
  if (sum >= MAX_LEFTOVERS * all) {
    throw new RefusedError(
      `${found}; the file is of another fleet, or nutcracker.yml is not that of the running proxies: correct that, and import again`,
    );
  }
  return [`${found}: nutcracker does not find them; they may be left from an older ring, and are imported as they are`];
}
