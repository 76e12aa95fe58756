// What a whole process takes.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Where its output goes; the end of it is what a program says of itself. (What it complains of goes beside it.) */
  readonly out: string;
}

export interface Measured {
  readonly seconds: number;
  /** Of all cores, its own children included. */
  readonly cpuSeconds: number;
  /** The most memory that it had at a time, without its children. */
  readonly bytes: number;
}

/** Between two looks at the memory; the kernel keeps the peak, so that only what comes in the end can be missed. */
const LOOK_MS = 5;

/** Runs a command to its end; nothing if it takes longer than that. Throws if it fails. */
export async function measure(command: Command, limitSeconds: number): Promise<Measured | undefined> {
  const [out, complaints] = [command.out, `${command.out}.err`].map((file) => fs.openSync(file, 'w'));
  const before = childrenCpuSeconds();
  const start = performance.now();
  const child = spawn(command.program, command.args, { cwd: command.cwd, stdio: ['ignore', out, complaints] });
  let bytes = NaN;
  const look = setInterval(() => {
    bytes = peakOf(child.pid) ?? bytes;
  }, LOOK_MS);
  const limit = setTimeout(() => child.kill('SIGKILL'), limitSeconds * 1000);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  const seconds = (performance.now() - start) / 1000;
  clearInterval(look);
  clearTimeout(limit);
  [out, complaints].forEach(fs.closeSync);
  if (signal === 'SIGKILL' && seconds >= limitSeconds) return undefined;
  if (code !== 0) {
    const how = `${command.program} ${command.args.join(' ')} ended with ${code ?? signal}`;
    throw new Error(`${how}:\n${read(`${command.out}.err`)}`);
  }
  return { seconds, cpuSeconds: childrenCpuSeconds() - before, bytes };
}

/** VmHWM, which Linux keeps for every process. */
function peakOf(pid: number | undefined): number | undefined {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(read(`/proc/${pid ?? 0}/status`))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** What ended children have used: fields 16 and 17 of proc(5), in hundredths of a second. */
function childrenCpuSeconds(): number {
  const fields = read('/proc/self/stat')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
