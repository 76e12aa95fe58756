// How much memory a program took.

import * as fs from 'node:fs';
import { type Program } from './lab';

/** How often the kernel is asked, which itself keeps the peak: what comes after the last look is missed. */
const LOOK_MS = 10;

/** The most memory that the program had at any time, in bytes, once it has ended. */
export async function peakMemory(program: Program): Promise<number> {
  let peak = 0;
  while (program.running) {
    peak = Math.max(peak, peakSoFar(program));
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return peak;
}

/** The same of one that runs on; a process that has ended but was not waited for yet has none. */
export function peakSoFar({ child }: Program): number {
  try {
    const [, kibibytes = '0'] =
      /^VmHWM:\s*(\d+) kB$/m.exec(fs.readFileSync(`/proc/${String(child.pid)}/status`, 'utf8')) ?? [];
    return Number(kibibytes) * 1024;
  } catch {
    return 0;
  }
}
