// What the real nutcracker makes of a file.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Lab } from '../lab/lab';

/** Whether it takes the text; that it dies of it counts as a refusal. */
export function nutcrackerTakes(lab: Lab, text: string | Buffer): boolean {
  const { status, error } = spawnSync('nutcracker', ['-t', '-c', fileOf(lab, text)], { env: ENV });
  if (error) throw error;
  return status === 0;
}

/** All that it prints and logs about a text that it refuses; only then does it end. */
export function wordsOfNutcracker(lab: Lab, text: string | Buffer): string {
  if (nutcrackerTakes(lab, text)) throw new Error(`nutcracker takes ${JSON.stringify(String(text))}`);
  const log = `${lab.dir}/nutcracker-${++files}.log`;
  // With -t it keeps its reasons to itself.
  const { stderr } = spawnSync('nutcracker', ['-c', fileOf(lab, text), '-o', log], { env: ENV, encoding: 'utf8' });
  return stderr + (existsSync(log) ? readFileSync(log, 'utf8') : '');
}

/** It asks for the hosts on which it is to listen: no name server shall hold that up, nor know one that others do not. */
const ENV = { ...process.env, RES_OPTIONS: 'attempts:0' };

let files = 0;

function fileOf(lab: Lab, text: string | Buffer): string {
  const file = `${lab.dir}/verdict-${++files}.yml`;
  writeFileSync(file, text);
  return file;
}
