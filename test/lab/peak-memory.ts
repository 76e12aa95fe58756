// The peak memory of a program.

import * as fs from 'node:fs';
import { type Program } from './lab';

/** The polling interval. The kernel keeps the peak, so only what follows the last poll is missed. */
const POLL_MS = 10;

/** Waits until the program ends; returns its peak memory in bytes. */
export async function peakMemory(program: Program): Promise<number> {
  let peak = 0;
  while (program.running) {
    peak = Math.max(peak, peakSoFar(program));
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return peak;
}

/** The peak memory of a running program; 0 for a process that has ended but was not waited for yet. */
export function peakSoFar({ child }: Program): number {
  try {
    const [, kibibytes = '0'] =
      /^VmHWM:\s*(\d+) kB$/m.exec(fs.readFileSync(`/proc/${String(child.pid)}/status`, 'utf8')) ?? [];
    return Number(kibibytes) * 1024;
  } catch {
    return 0;
  }
}
