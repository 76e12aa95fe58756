// Holds the writes of a server, and lets them go again.

import { type CommandLine, type RedisServer } from '../redis/server';
import { type Version } from '../redis/version';

/** How writes are held: by a pause, which has writers wait, or by a fence, which has them get an error. */
export type HoldMethod = 'pause' | 'fence';

/**
 * No server can have as many replicas, so a master that asks for them takes no writes. What it asked for before is added,
 * so that any later run can restore it; twice the number says that `min-replicas-max-lag` was 0 besides.
 */
export const WRITE_FENCE = 1_000_000;

/** Any lag but 0, which would switch the fence off: Redis' own default. */
const SOME_LAG = 10;

export class WriteHold {
  constructor(
    private readonly server: RedisServer,
    private readonly version: Version,
  ) {}

  /** The way that troubles clients least: up to 6.0, CLIENT PAUSE would hold this program as well. */
  get method(): HoldMethod {
    return this.version.pausesWrites ? 'pause' : 'fence';
  }

  /** Whether the fence stands. */
  async isFenced(): Promise<boolean> {
    return (await this.wantedReplicas()) >= WRITE_FENCE;
  }

  /** A pause ends by itself after so many milliseconds; a fence has to be removed. */
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
      ...(hadNoLag ? [['CONFIG', 'SET', lag, SOME_LAG] as const] : []),
    ]);
  }

  /** Ends whatever holds writes, also what an earlier run left behind. */
  async end(): Promise<void> {
    await this.server.all([...(await this.removeFenceCommands()), ...this.endPauseCommands()]);
  }

  /** What removes the fence, if there is one. */
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

  /** What ends a pause, where there can be one. */
  endPauseCommands(): CommandLine[] {
    return this.version.pausesWrites ? [['CLIENT', 'UNPAUSE']] : [];
  }

  /** What has a pause end in so many milliseconds: alone, PAUSE makes it longer only. */
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
