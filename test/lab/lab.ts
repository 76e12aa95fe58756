// A temporary directory and the real programs that run in it. Closing the lab ends each of them.

import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';

/**
 * How long a condition may stay false before the test fails with what it waited for. A Sentinel that a busy machine has stalled for two
 * seconds does nothing for thirty (TILT).
 */
const PATIENCE_MS = 90_000;

/** Waits until the condition holds. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`timed out waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const taken = new Set<number>();

/** Test files run in parallel, and a restarted server needs its old port: each worker has its own range. */
const WORKERS = 8;
const PORTS = Math.floor(22_000 / WORKERS);
const WORKER = Number(process.env.JEST_WORKER_ID ?? 0) % WORKERS;

/** A free port, below the kernel's range of ephemeral ports. */
export async function freePort(): Promise<number> {
  for (;;) {
    if (taken.size === PORTS) throw new Error(`this process has taken all of its ${PORTS} ports`);
    const port = 10_000 + Math.floor(Math.random() * PORTS) * WORKERS + WORKER;
    if (taken.has(port)) continue;
    // Before any await, so that a concurrent request gets another port.
    taken.add(port);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      resolve(true);
    });
  });
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}

/** The given number of different free ports. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

/** Whether something accepts connections on that port, or on the Unix socket of that path. */
export async function accepts(where: number | string, host = '127.0.0.1'): Promise<boolean> {
  const socket = typeof where === 'number' ? net.connect(where, host) : net.connect(where);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** A started program, and its output. */
export class Program {
  output = '';
  private readonly exited: Promise<number | null>;

  constructor(
    readonly name: string,
    readonly child: ChildProcess,
  ) {
    // The stream decodes: a character may arrive in two chunks.
    child.stdout?.setEncoding('utf8').on('data', (data: string) => (this.output += data));
    child.stderr?.setEncoding('utf8').on('data', (data: string) => (this.output += data));
    this.exited = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        resolve(code);
      });
    });
    this.exited.catch(() => undefined);
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Whether SIGSTOP has stopped it. */
  get isStopped(): boolean {
    const stat = fs.readFileSync(`/proc/${String(this.child.pid)}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  }

  /** Its exit code, or null when a signal ended it. */
  exit(): Promise<number | null> {
    return this.exited;
  }

  /** Waits until the condition holds; fails with the output of the program if it ends before. */
  async ready(condition: () => boolean | Promise<boolean>): Promise<this> {
    await until(`${this.name} is ready`, async () => {
      if (this.running) return condition();
      await this.exited;
      throw new Error(`${this.name} ended: ${this.output}`);
    });
    return this;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.running) this.child.kill(signal);
    await this.exited;
  }

  /** Kills it, without waiting for programs that it started and that still have its output open. */
  async abandon(): Promise<void> {
    if (this.running) this.child.kill('SIGKILL');
    this.child.stdout?.destroy();
    this.child.stderr?.destroy();
    await this.exited;
  }
}

export class Lab {
  private readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), 'lab-'));
  private readonly programs: Program[] = [];
  private closed = false;

  constructor() {
    fs.chmodSync(this.directory, 0o755);
  }

  /** Throws in a closed lab: a timed-out test still runs, and nothing would end its programs or remove its files. */
  get dir(): string {
    if (this.closed) throw new Error('the lab is closed');
    return this.directory;
  }

  /** Writes a file of the lab and returns its path. */
  write(name: string, text: string): string {
    const file = path.join(this.dir, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    // As a whole: a program that is running may be reading it.
    const whole = `${file}.${randomUUID()}`;
    fs.writeFileSync(whole, text);
    fs.renameSync(whole, file);
    return file;
  }

  start(command: string, args: readonly string[], options: SpawnOptions = {}): Program {
    const child = spawn(command, args, {
      cwd: this.dir,
      env: process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    });
    const program = new Program(path.basename(command), child);
    this.programs.push(program);
    return program;
  }

  /** Starts nutcracker on a configuration and waits until all its ports and sockets accept. */
  async nutcracker(configuration: string, listens: readonly (number | string)[]): Promise<Program> {
    const stats = await freePort();
    const file = this.write(`nutcracker-${stats}.yml`, configuration);
    // An empty output is stderr; Debian's default is a file in /var/log, which only root may write.
    const program = this.start('nutcracker', ['-c', file, '-s', String(stats), '-a', '127.0.0.1', '-v', '4', '-o', '']);
    return program.ready(async () => (await Promise.all(listens.map((where) => accepts(where)))).every(Boolean));
  }

  /** Ends every program and removes the directory. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.programs.map((program) => program.abandon()));
    // The child of a killed server may still be writing its file.
    await until(`${this.directory} is removed`, () => isRemoved(this.directory));
  }
}

function isRemoved(directory: string): boolean {
  try {
    fs.rmSync(directory, { recursive: true, force: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTEMPTY') return false;
    throw error;
  }
}
