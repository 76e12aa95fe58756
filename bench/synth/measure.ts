// Measures a whole process.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The file for its output, whose last line may be a figure. (Standard error goes to `<out>.err`.) */
  readonly out: string;
}

export interface Measured {
  readonly seconds: number;
  /** On all cores, including child processes. */
  readonly cpuSeconds: number;
  /** Peak memory, without child processes. */
  readonly bytes: number;
}

/** The interval of memory samples. The kernel keeps the peak, so only a peak in the last interval can be missed. */
const SAMPLE_MS = 5;

/** Runs a command; returns undefined if it exceeds the limit. Throws if it fails. */
export async function measure(command: Command, limitSeconds: number): Promise<Measured | undefined> {
  const [out, err] = [command.out, `${command.out}.err`].map((file) => fs.openSync(file, 'w'));
  const before = childrenCpuSeconds();
  const start = performance.now();
  const child = spawn(command.program, command.args, { cwd: command.cwd, stdio: ['ignore', out, err] });
  let bytes = NaN;
  const sampling = setInterval(() => {
    bytes = peakOf(child.pid) ?? bytes;
  }, SAMPLE_MS);
  const limit = setTimeout(() => child.kill('SIGKILL'), limitSeconds * 1000);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  const seconds = (performance.now() - start) / 1000;
  clearInterval(sampling);
  clearTimeout(limit);
  [out, err].forEach(fs.closeSync);
  if (signal === 'SIGKILL' && seconds >= limitSeconds) return undefined;
  if (code !== 0) {
    const how = `${command.program} ${command.args.join(' ')} ended with ${code ?? signal}`;
    throw new Error(`${how}:\n${read(`${command.out}.err`)}`);
  }
  return { seconds, cpuSeconds: childrenCpuSeconds() - before, bytes };
}

/** The peak memory of a process: VmHWM of Linux. */
function peakOf(pid: number | undefined): number | undefined {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(read(`/proc/${pid ?? 0}/status`))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** The CPU time of ended child processes: fields 16 and 17 of proc(5), in hundredths of a second. */
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
