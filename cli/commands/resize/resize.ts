// resize FILE: the pool with servers added or removed, and which keys move.

import {
  Distribution,
  HashRing,
  type NutcrackerPool,
  type NutcrackerServer,
  type RingDiff,
} from '../../../lib/nutcracker';
import { percent } from '../../../lib/nutcracker/percent';
import { resizedPool } from '../../../lib/nutcracker/resize';
import { type CommandResult, ExitCode } from '../../output/result';
import { count, type Paint, share, table } from '../../output/text';

/** A server of either pool: its shares of the key space, and what leaves and enters it. All are from 0 to 1. */
interface ServerChange {
  readonly server: NutcrackerServer;
  readonly before: number;
  readonly after: number;
  readonly leaves: number;
  readonly enters: number;
}

/** A proposed change of a pool. */
export class Resize implements CommandResult {
  readonly exitCode = ExitCode.SUCCESS;

  /** The pool as proposed. */
  readonly proposed: NutcrackerPool;

  private readonly before: HashRing;
  private readonly after: HashRing;
  private readonly diff: RingDiff;

  constructor(
    private readonly pool: NutcrackerPool,
    added: readonly NutcrackerServer[],
    removed: readonly string[],
    /** Where the proposed pool is written. */
    private readonly output?: string,
  ) {
    this.proposed = resizedPool(pool, removed, added);
    this.before = HashRing.of(pool);
    this.after = HashRing.of(this.proposed);
    this.diff = this.before.diff(this.after);
  }

  get json(): object {
    const { pool, diff, ideal, movedForNothing } = this;
    return {
      pool: pool.name,
      servers: this.proposed.servers.map(({ ringName, address, weight }) => ({ server: ringName, address, weight })),
      added: diff.added,
      removed: diff.removed,
      reweighted: diff.reweighted,
      movedShare: diff.movedShare,
      ideal,
      movedForNothing,
      shares: this.changes.map(({ server, ...shares }) => ({ server: server.ringName, ...shares })),
      moves: diff.moves,
    };
  }

  lines(paint: Paint): string[] {
    const { pool, diff, ideal, movedForNothing } = this;
    const nothing = movedForNothing === 0 ? paint.good('none') : paint.doubtful(percent(movedForNothing));
    return [
      `pool ${JSON.stringify(pool.name)}: ${count(pool.servers.length, 'server')}, then ${this.proposed.servers.length}`,
      ...this.serverLines,
      `${percent(diff.movedShare)} of the key space would move; ideal: ${percent(ideal)}`,
      `between servers that stay: ${nothing}`,
      ...this.hints,
      '',
      ...this.shareTable(paint),
      ...this.changeInApp,
    ];
  }

  /** What has to move: all of the removed servers, or an equal part for each new one. */
  private get ideal(): number {
    const { added, removed } = this.diff;
    const shares = this.before.keyShare().filter(({ server }) => removed.includes(server.ringName));
    const leaving = shares.reduce((sum, one) => sum + one.share, 0);
    return Math.max(leaving, added.length / this.proposed.servers.length);
  }

  /** The share that moves between servers that both pools have. */
  private get movedForNothing(): number {
    const { moves, added, removed } = this.diff;
    const between = moves.filter(({ from, to }) => !removed.includes(from) && !added.includes(to));
    return between.reduce((sum, move) => sum + move.share, 0);
  }

  private get serverLines(): string[] {
    const { removed, added, reweighted } = this.diff;
    const lines = this.proposed.servers.filter(({ ringName }) => added.includes(ringName));
    const stay = this.proposed.servers.filter(({ ringName }) => !added.includes(ringName));
    const weights = [...new Set(stay.map(({ weight }) => weight))].sort((a, b) => b - a);
    return [
      ...removed.map((name) => `- ${name}`),
      ...lines.map((server) => `+ ${server.toString()}`),
      ...(reweighted.length === 0
        ? []
        : [
            `~ ${count(reweighted.length, 'server')} with another weight: ` +
              (weights.length > MAX_WEIGHTS ? `${weights.length} weights` : weights.join(', ')),
          ]),
    ];
  }

  private get hints(): string[] {
    if (this.pool.distribution === Distribution.MODULA) {
      return ['modula moves nearly all keys with any change of servers; ketama would move few in the next one'];
    }
    return [];
  }

  /** The change of a FleetCharts in main.ts that moves the data. */
  private get changeInApp(): string[] {
    if (this.output === undefined) return [];
    const [file, name] = [this.output, this.pool.name].map((text) => `'${text.replace(/[\\']/g, '\\$&')}'`);
    return [
      '',
      "to move a fleet's data, add this to its FleetCharts in main.ts, or the new pool to the pools that are there:",
      '  reshard: {',
      `    pools: [NutcrackerConfig.fromFile(${file}).pool(${name})],`,
      '    phase: ReshardPhase.RESHARDING,',
      '  },',
    ];
  }

  private shareTable(paint: Paint): string[] {
    const number = (title: string) => ({ title, isNumber: true });
    const columns = [{ title: 'server' }, ...['weight', 'share', 'then', 'leaves', 'enters'].map(number)];
    const rows = this.changes.map(({ server, before, after, leaves, enters }) => [
      server.ringName,
      String(server.weight),
      ...[before, after, leaves, enters].map((value) => share(value)),
    ]);
    return table(columns, rows, paint);
  }

  /** The servers of the proposed pool, then those removed. */
  private get changes(): ServerChange[] {
    const [before, after] = [this.before, this.after].map(
      (ring) => new Map(ring.keyShare().map((one) => [one.server.ringName, one.share])),
    );
    const { moves, removed } = this.diff;
    const gone = this.pool.servers.filter(({ ringName }) => removed.includes(ringName));
    return [...this.proposed.servers, ...gone].map((server) => ({
      server,
      before: before.get(server.ringName) ?? 0,
      after: after.get(server.ringName) ?? 0,
      leaves: sum(moves.filter(({ from }) => from === server.ringName)),
      enters: sum(moves.filter(({ to }) => to === server.ringName)),
    }));
  }
}

/** More different weights than these are only counted; the table has them. */
const MAX_WEIGHTS = 4;

function sum(moves: RingDiff['moves']): number {
  return moves.reduce((total, move) => total + move.share, 0);
}
