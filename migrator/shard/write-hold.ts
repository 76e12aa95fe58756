// Holds the writes of a server, and releases them.

import { type CommandLine, type RedisServer } from '../redis/server';
import { type Version } from '../redis/version';

/** How writes are held: with `pause` clients wait, with `fence` they get an error. */
export type HoldMethod = 'pause' | 'fence';

/**
 * A master that requires this many replicas accepts no writes. It is added to the original value of `min-replicas-to-write`,
 * so that any later run can restore that; added twice, it means that `min-replicas-max-lag` was 0.
 */
export const WRITE_FENCE = 1_000_000;

/** The default of Redis. 0 would turn the fence off. */
const DEFAULT_LAG = 10;

export class WriteHold {
  constructor(
    private readonly server: RedisServer,
    private readonly version: Version,
  ) {}

  /** The method that affects clients least. Up to 6.0, CLIENT PAUSE would hold this program as well. */
  get method(): HoldMethod {
    return this.version.pausesWrites ? 'pause' : 'fence';
  }

  /** Whether the server is fenced. */
  async isFenced(): Promise<boolean> {
    return (await this.wantedReplicas()) >= WRITE_FENCE;
  }

  /** A pause ends by itself after `ms`; a fence has to be removed. */
  async begin(method: HoldMethod, ms: number): Promise<void> {
    if (method === 'pause') {
      await this.server.call('CLIENT', 'PAUSE', ms, 'WRITE');
      return;
    }
    const wanted = await this.wantedReplicas();
    if (wanted >= WRITE_FENCE) return;
    const [replicas, lag] = this.settings;
    const hadNoLag = Number(await this.server.setting(lag)) === 0;
    await this.server.all([
      ['CONFIG', 'SET', replicas, wanted + (hadNoLag ? 2 : 1) * WRITE_FENCE],
      ...(hadNoLag ? [['CONFIG', 'SET', lag, DEFAULT_LAG] as const] : []),
    ]);
  }

  /** Ends any hold of writes, including one that an earlier run left behind. */
  async end(): Promise<void> {
    await this.server.all([...(await this.removeFenceCommands()), ...this.endPauseCommands()]);
  }

  /** Commands that remove the fence, if there is one. */
  async removeFenceCommands(): Promise<CommandLine[]> {
    const wanted = await this.wantedReplicas();
    if (wanted < WRITE_FENCE) return [];
    const [replicas, lag] = this.settings;
    if (wanted < 2 * WRITE_FENCE) return [['CONFIG', 'SET', replicas, wanted - WRITE_FENCE]];
    return [
      ['CONFIG', 'SET', lag, 0],
      ['CONFIG', 'SET', replicas, wanted - 2 * WRITE_FENCE],
    ];
  }

  /** Commands that end a pause, if the version supports one. */
  endPauseCommands(): CommandLine[] {
    return this.version.pausesWrites ? [['CLIENT', 'UNPAUSE']] : [];
  }

  /** Commands that end a pause in `ms`: PAUSE alone can only extend it. */
  shortenPauseCommands(ms: number): CommandLine[] {
    return this.version.pausesWrites
      ? [
          ['CLIENT', 'UNPAUSE'],
          ['CLIENT', 'PAUSE', ms, 'WRITE'],
        ]
      : [];
  }

  private async wantedReplicas(): Promise<number> {
    return Number((await this.server.setting(this.settings[0])) ?? 0);
  }

  private get settings(): readonly [replicas: string, lag: string] {
    return [this.version.nameOf('min-replicas-to-write'), this.version.nameOf('min-replicas-max-lag')];
  }
}
