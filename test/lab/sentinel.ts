// Real Sentinels that monitor servers of a lab.

import * as fs from 'node:fs';
import { type Redis } from 'ioredis';
import { joinWords } from '../../lib/redis/config/text';
import { connect } from './clients';
import { freePort, type Lab, until } from './lab';

export interface WatchedMaster {
  readonly name: string;
  readonly port: number;
  readonly password: string;
  /** How long it may be unreachable before it counts as down. @default 1000 */
  readonly downAfterMs?: number;
}

export class LabSentinel {
  /** Starts a Sentinel with a quorum of 1, and waits until it reaches the master. */
  static async watch(lab: Lab, master: WatchedMaster): Promise<LabSentinel> {
    const port = await freePort();
    const { name, password, downAfterMs = 1000 } = master;
    const file = lab.write(
      `sentinel-${port}/sentinel.conf`,
      [
        ['port', String(port)],
        ['bind', '127.0.0.1'],
        ['dir', `${lab.dir}/sentinel-${port}`],
        ['sentinel', 'monitor', name, '127.0.0.1', String(master.port), '1'],
        ['sentinel', 'auth-pass', name, password],
        ['sentinel', 'down-after-milliseconds', name, String(downAfterMs)],
        ['sentinel', 'failover-timeout', name, '2000'],
      ]
        .map((words) => `${joinWords(words)}\n`)
        .join(''),
    );
    fs.chmodSync(file, 0o600);
    const sentinel = new LabSentinel(port, name, connect(port, ''));
    const program = lab.start('redis-server', [file, '--sentinel']);
    await program.ready(() => sentinel.listens());
    await until('Sentinel reaches the master', async () => (await sentinel.master()).flags === 'master');
    return sentinel;
  }

  private constructor(
    readonly port: number,
    readonly name: string,
    private readonly client: Redis,
  ) {}

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The state of the master in Sentinel. */
  async master(): Promise<Record<string, string>> {
    return pairsOf((await this.client.call('SENTINEL', 'MASTER', this.name)) as string[]);
  }

  /** The states of the replicas in Sentinel. */
  async replicas(): Promise<Record<string, string>[]> {
    return ((await this.client.call('SENTINEL', 'REPLICAS', this.name)) as string[][]).map(pairsOf);
  }

  /** Makes it promote a replica, as if the master were down. */
  async failOver(): Promise<void> {
    await this.client.call('SENTINEL', 'FAILOVER', this.name);
  }

  /** Makes it stop monitoring the master. */
  async remove(): Promise<void> {
    await this.client.call('SENTINEL', 'REMOVE', this.name);
  }

  /** Ends the client. */
  disconnect(): void {
    this.client.disconnect();
  }

  private async listens(): Promise<boolean> {
    return this.client.ping().then(
      () => true,
      () => false,
    );
  }
}

/** The time between two looks of a Sentinel at the INFO of a server. */
const INFO_PERIOD_MS = 10_000;

/** Sets that time, for Sentinels that can be reached. */
export async function lookEvery(ms: number, sentinels: readonly Redis[]): Promise<void> {
  await Promise.allSettled(sentinels.map((sentinel) => sentinel.call('SENTINEL', 'DEBUG', 'INFO-PERIOD', ms)));
}

/** Lets Sentinels look at their servers more often until `act` ends: a test should not wait for their next look. */
export async function lookingOften<T>(sentinels: readonly Redis[], act: () => Promise<T>): Promise<T> {
  await lookEvery(500, sentinels);
  try {
    return await act();
  } finally {
    await lookEvery(INFO_PERIOD_MS, sentinels);
  }
}

function pairsOf(flat: readonly string[]): Record<string, string> {
  return Object.fromEntries(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]] as const));
}
