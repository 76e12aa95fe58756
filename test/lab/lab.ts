// A temporary directory and the real programs that run in it; closing the lab ends each by its own handle.

import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';

/** How long a condition may stay false before the test says what it waited for; it never decides a verdict. */
const PATIENCE_MS = 30_000;

/** Waits until the condition holds. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const taken = new Set<number>();

/** Test files run side by side, and a server that is started again finds its port only if no other file took it. */
const WORKERS = 8;
const PORTS = Math.floor(22_000 / WORKERS);
const WORKER = Number(process.env.JEST_WORKER_ID ?? 0) % WORKERS;

/** A port on which nothing listens, below the range from which the kernel takes the ports of clients. */
export async function freePort(): Promise<number> {
  for (;;) {
    if (taken.size === PORTS) throw new Error(`this process has taken all of its ${PORTS} ports`);
    const port = 10_000 + Math.floor(Math.random() * PORTS) * WORKERS + WORKER;
    if (taken.has(port)) continue;
    // Before anything is awaited: who asks at the same time gets another.
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

/** As many different free ports. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

/** Whether something accepts connections on that port, or on the Unix socket of that path. */
export async function accepts(where: number | string): Promise<boolean> {
  const socket = typeof where === 'number' ? net.connect(where, '127.0.0.1') : net.connect(where);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** A program that was started, and what it printed. */
export class Program {
  output = '';
  private readonly exited: Promise<number | null>;

  constructor(
    readonly name: string,
    readonly child: ChildProcess,
  ) {
    // Decoded by the stream: a character may come in two pieces.
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
  get standsStill(): boolean {
    const stat = fs.readFileSync(`/proc/${String(this.child.pid)}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  }

  /** Its exit code, or null when a signal ended it. */
  exit(): Promise<number | null> {
    return this.exited;
  }

  /** Waits until the condition holds; fails with what the program printed if it ends before. */
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
}

export class Lab {
  private readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), 'lab-'));
  private readonly programs: Program[] = [];
  private closed = false;

  constructor() {
    fs.chmodSync(this.directory, 0o755);
  }

  /** A test that timed out runs on while its lab is closed: nobody would end what it starts, or remove what it writes. */
  get dir(): string {
    if (this.closed) throw new Error('the lab is closed');
    return this.directory;
  }

  /** Writes a file of the lab and returns its path. */
  write(name: string, text: string): string {
    const file = path.join(this.dir, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
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
    return program.ready(async () => (await Promise.all(listens.map(accepts))).every(Boolean));
  }

  /** Ends every program and removes the directory. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.programs.map((program) => program.stop('SIGKILL')));
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}
