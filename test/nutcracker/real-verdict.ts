// The verdict of the real nutcracker on a file.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Lab } from '../lab/lab';

/** Whether nutcracker accepts the text. A crash counts as a refusal. */
export function nutcrackerAccepts(lab: Lab, text: string | Buffer): boolean {
  const { status, error } = spawnSync('nutcracker', ['-t', '-c', fileOf(lab, text)], { env: ENV });
  if (error) throw error;
  return status === 0;
}

/** Everything that nutcracker prints and logs about a refused text. It would not exit for an accepted one. */
export function outputOfNutcracker(lab: Lab, text: string | Buffer): string {
  if (nutcrackerAccepts(lab, text)) throw new Error(`nutcracker accepts ${JSON.stringify(String(text))}`);
  const log = `${lab.dir}/nutcracker-${++files}.log`;
  // With -t it does not log its reasons.
  const { stderr } = spawnSync('nutcracker', ['-c', fileOf(lab, text), '-o', log], { env: ENV, encoding: 'utf8' });
  return stderr + (existsSync(log) ? readFileSync(log, 'utf8') : '');
}

/** nutcracker resolves its listen hosts. Without DNS queries this is fast, and the same on every machine. */
const ENV = { ...process.env, RES_OPTIONS: 'attempts:0' };

let files = 0;

function fileOf(lab: Lab, text: string | Buffer): string {
  const file = `${lab.dir}/verdict-${++files}.yml`;
  writeFileSync(file, text);
  return file;
}
