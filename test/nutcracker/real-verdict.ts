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

/** The same for many texts, from one shell. Each start of a program from a process of Jest's size takes 20 times as long. */
export function nutcrackerAcceptsEach(lab: Lab, texts: readonly string[]): boolean[] {
  const script = 'for file in *.yml; do nutcracker -t -c "$file" >/dev/null 2>&1; echo $?; done';
  const directory = `verdicts-${++files}`;
  const digits = String(texts.length).length;
  // The shell sorts the files by name.
  texts.forEach((text, i) => lab.write(`${directory}/${String(i).padStart(digits, '0')}.yml`, text));
  const options = { cwd: `${lab.dir}/${directory}`, env: ENV, encoding: 'utf8', maxBuffer: Infinity } as const;
  const { stdout, error } = spawnSync('sh', ['-c', script], options);
  if (error) throw error;
  return stdout
    .trimEnd()
    .split('\n')
    .map((status) => status === '0');
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
