// A Redis server of no fleet that loads the files of an old server as that would, without a change to them: lib/scripts/scratch.sh
// starts it, again for each shard, in a directory that this program prepares.

import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { joinWords } from '../../lib/redis/config/text';
import { hostAndPort, RedisServer, ServerError } from '../../migrator/redis/server';
import { observe, type ServerView } from '../../migrator/redis/server-view';
import { RefusedError } from '../../migrator/program/outcome';
import { AbortedError } from '../../migrator/shard/hand-over';
import { failureText } from './load-failure';
import { type OldData } from './old-data';

const POLL_MS = 100;
/** How long the container of the server may take to start. */
const CONTAINER_MS = 600_000;
/** How long a server may take until it listens, and to say why it exits. */
const START_MS = 60_000;
const EXIT_MS = 10_000;

/** More than any server has, so that keys in a high database are found and not an error of the server. */
const DATABASES = 16_384;

/** Redis writes to the last file of an AOF. */
const OWN_LOG = 'scratch.aof';
const LOG_DIRECTORY = 'appendonlydir';

/** The directory of one server begins with this, in its slot. */
export const RUN_PREFIX = 'run-';

export class ScratchServer {
  private readonly run: string;
  private server?: RedisServer;

  /** @param slot the directory that it shares with the script */
  constructor(
    private readonly slot: string,
    private readonly address: string,
    private readonly root: string,
    private readonly data: OldData,
  ) {
    this.run = path.join(slot, `${RUN_PREFIX}${randomBytes(6).toString('hex')}`);
  }

  /** Starts it; returns it with the loaded data. Throws a RefusedError if it cannot load them, an AbortedError. */
  async load(onProgress: (state: string, view?: ServerView) => void): Promise<RedisServer> {
    await this.prepare();
    onProgress('waiting for its server');
    await this.start();
    for (let deadline = Date.now() + START_MS; ;) {
      await this.checkRunning();
      const view = await this.view();
      if (view !== undefined && !view.isLoading && this.server !== undefined) return this.server;
      if (view !== undefined) deadline = Date.now() + START_MS;
      if (Date.now() > deadline) throw await this.gone();
      onProgress('loading', view);
      await pause();
    }
  }

  /** Ends the use of it. The next one replaces it. */
  async close(): Promise<void> {
    this.server?.close();
    await fs.rm(this.run, { recursive: true, force: true });
  }

  private async prepare(): Promise<void> {
    const { isLog, manifest, files, renamed } = this.data;
    await fs.mkdir(path.join(this.run, LOG_DIRECTORY), { recursive: true });
    const settings: string[][] = [
      ['bind', '127.0.0.1'],
      ['port', String(hostAndPort(this.address).port)],
      ['dir', this.run],
      ['databases', String(DATABASES)],
      ['save', ''],
      ['dbfilename', 'dump.rdb'],
      ['appendonly', isLog ? 'yes' : 'no'],
      // The old server would cut a torn end, and say so in its log only.
      ['aof-load-truncated', 'no'],
      ['auto-aof-rewrite-percentage', '0'],
      ['repl-diskless-sync', 'yes'],
      ['repl-diskless-sync-delay', '0'],
    ];
    const conf = [...settings.map(joinWords), ...renamed, ''].join('\n');
    await fs.writeFile(path.join(this.run, 'redis.conf'), conf);
    for (const file of files) await this.link(file.path, isLog ? LOG_DIRECTORY : '');
    if (!isLog) return;
    const seq = Math.max(0, ...manifest.flatMap((line) => /\bseq (\d+)/.exec(line)?.[1] ?? []).map(Number)) + 1;
    const own = `file ${OWN_LOG} seq ${seq} type i`;
    const directory = path.join(this.run, LOG_DIRECTORY);
    await fs.writeFile(path.join(directory, OWN_LOG), '');
    await fs.writeFile(path.join(directory, 'appendonly.aof.manifest'), [...manifest, own, ''].join('\n'));
  }

  /** The old files are read where they are, and never written. */
  private async link(file: string, below: string): Promise<void> {
    if (file.endsWith('.manifest')) return;
    const name = this.data.isLog ? path.basename(file) : 'dump.rdb';
    await fs.symlink(path.resolve(this.root, file), path.join(this.run, below, name));
  }

  private async start(): Promise<void> {
    const start = path.join(this.slot, 'start');
    await fs.writeFile(`${start}.tmp`, this.run);
    await fs.rename(`${start}.tmp`, start);
    const deadline = Date.now() + CONTAINER_MS;
    while (await exists(start)) {
      await pause();
      if (Date.now() <= deadline) continue;
      throw new AbortedError(
        `${this.slot}: no server was started for ${CONTAINER_MS / 60_000} min; is its container running?`,
      );
    }
  }

  /** Undefined if it does not reply, or is another one. */
  private async view(): Promise<ServerView | undefined> {
    try {
      this.server ??= await RedisServer.connect(this.address);
      const view = await observe(this.server);
      return view.info.text('config_file') === path.join(this.run, 'redis.conf') ? view : undefined;
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      this.server?.close();
      this.server = undefined;
      return undefined;
    }
  }

  /** Throws why the server has exited, if it has. */
  private async checkRunning(): Promise<void> {
    const code = await fs.readFile(path.join(this.run, 'exit'), 'utf8').catch(() => undefined);
    if (code === undefined) return;
    const log = await fs.readFile(path.join(this.run, 'log'), 'utf8').catch(() => '');
    throw new RefusedError(failureText(this.data, Number(code), log));
  }

  /** The error of a server that does not reply: it may have been killed. Throws a RefusedError if it has exited. */
  async gone(why = 'does not reply'): Promise<AbortedError> {
    const deadline = Date.now() + EXIT_MS;
    while (Date.now() < deadline) {
      await this.checkRunning();
      await pause();
    }
    return new AbortedError(`the server at ${this.address} has not exited, but fails: ${why}; run this again`);
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

async function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
