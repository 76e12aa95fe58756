// diff OLD NEW: which keys a new configuration would look up on other servers.

import { type HashRing, type NutcrackerPool, type RingDiff } from '../../lib/nutcracker';
import { percent } from '../../lib/nutcracker/percent';
import { type CommandResult, ExitCode } from '../output/result';
import { type ConfigFile } from '../input/pools';
import { count, type Paint, share, table } from '../output/text';

/** Compares the pools by name, or only the pool `name`. If each file has one pool, their names may differ. */
export function diff(before: ConfigFile, after: ConfigFile, name?: string): CommandResult {
  const pairs = name === undefined ? pairsOf(before, after) : [{ old: before.pool(name), new: after.pool(name) }];
  return new Comparison(
    pairs.map((pair) => new PoolDiff(before.ring(pair.old), after.ring(pair.new))),
    before.pools.filter((pool) => name === undefined && !pairs.some((pair) => pair.old === pool)),
    after.pools.filter((pool) => name === undefined && !pairs.some((pair) => pair.new === pool)),
  );
}

interface Pair {
  readonly old: NutcrackerPool;
  readonly new: NutcrackerPool;
}

function pairsOf(before: ConfigFile, after: ConfigFile): Pair[] {
  if (before.pools.length === 1 && after.pools.length === 1) return [{ old: before.pools[0], new: after.pools[0] }];
  return before.pools.flatMap((old) => {
    const same = after.pools.find((pool) => pool.name === old.name);
    return same === undefined ? [] : [{ old, new: same }];
  });
}

class Comparison implements CommandResult {
  constructor(
    private readonly pools: readonly PoolDiff[],
    private readonly onlyOld: readonly NutcrackerPool[],
    private readonly onlyNew: readonly NutcrackerPool[],
  ) {}

  get exitCode(): ExitCode {
    const { pools, onlyOld, onlyNew } = this;
    const same = onlyOld.length === 0 && onlyNew.length === 0 && pools.every((pool) => pool.isSame);
    return same ? ExitCode.SUCCESS : ExitCode.NEGATIVE;
  }

  get json(): object {
    return {
      same: this.exitCode === ExitCode.SUCCESS,
      pools: this.pools.map((pool) => pool.json),
      onlyOld: this.onlyOld.map((pool) => pool.name),
      onlyNew: this.onlyNew.map((pool) => pool.name),
    };
  }

  lines(paint: Paint): string[] {
    const { pools, onlyOld, onlyNew } = this;
    return [
      ...pools.flatMap((pool) => pool.lines(paint)),
      ...onlyOld.map((pool) => paint.bad(`pool ${quoted(pool)} is only in the old configuration`)),
      ...onlyNew.map((pool) => paint.bad(`pool ${quoted(pool)} is only in the new configuration`)),
    ].filter((line, i, lines) => line !== '' || i < lines.length - 1);
  }
}

class PoolDiff {
  private readonly ring: RingDiff;
  private readonly old: NutcrackerPool;
  private readonly new: NutcrackerPool;

  constructor(before: HashRing, after: HashRing) {
    this.ring = before.diff(after);
    this.old = before.pool;
    this.new = after.pool;
  }

  get isSame(): boolean {
    return this.ring.isSame;
  }

  get json(): object {
    return { old: this.old.name, new: this.new.name, ...this.ring, readdressed: this.readdressed };
  }

  lines(paint: Paint): string[] {
    const { explanation, moves } = this.ring;
    const columns = [{ title: 'from' }, { title: 'to' }, { title: 'share', isNumber: true }];
    const rows = moves.map((move) => [move.from, move.to, share(move.share)]);
    return [
      `${this.title}: ${this.summary(paint)}`,
      ...(explanation === undefined ? [] : [explanation]),
      ...this.servers,
      ...(rows.length === 0 ? [] : ['', ...table(columns, rows, paint), '']),
    ];
  }

  private get title(): string {
    const [before, after] = [quoted(this.old), quoted(this.new)];
    return before === after ? `pool ${before}` : `pool ${before}, now ${after}`;
  }

  private summary(paint: Paint): string {
    const { isSame, isExact, movedShare } = this.ring;
    if (isSame) return paint.good('no key would move');
    return paint.bad(`${isExact ? '' : 'about '}${percent(movedShare)} of the key space would move`);
  }

  private get servers(): string[] {
    const { added, removed, reweighted } = this.ring;
    const { readdressed } = this;
    const [before, after] = [this.old, this.new].map(weightsOf);
    const weight = (name: string): string => `weight ${after.get(name) ?? 0}, was ${before.get(name) ?? 0}`;
    return [
      ...removed.map((name) => `- ${name}`),
      ...added.map((name) => `+ ${name}`),
      ...reweighted.map((name) => `~ ${name}: ${weight(name)}`),
      ...(readdressed.length === 0
        ? []
        : [`${count(readdressed.length, 'server')} at another address, which must have the same data`]),
    ];
  }

  /** Servers with the same ring name at another address: they do not change the ring. */
  private get readdressed(): string[] {
    const addresses = new Map(this.old.servers.map(({ ringName, address }) => [ringName, address]));
    return this.new.servers
      .filter(({ ringName, address }) => (addresses.get(ringName) ?? address) !== address)
      .map(({ ringName }) => ringName);
  }
}

function weightsOf({ servers }: NutcrackerPool): Map<string, number> {
  return new Map(servers.map(({ ringName, weight }) => [ringName, weight]));
}

function quoted({ name }: NutcrackerPool): string {
  return JSON.stringify(name);
}
