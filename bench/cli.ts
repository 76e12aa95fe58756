// The cost of the command line: npm run build && npx tsx bench/cli.ts

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const PROGRAM = path.join(__dirname, '../build/cli/main.js');
const CONFIG = path.join(__dirname, '../fleets/unit-1/nutcracker.yml');
const KEYS = 5_000_000;
const ROUNDS = 5;

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-'));
const keys = path.join(dir, 'keys');
writeKeys();

/** Writes keys of about 20 bytes in random order. */
function writeKeys(): void {
  const file = fs.openSync(keys, 'w');
  for (let i = 0; i < KEYS; i += 10_000) {
    const some = Array.from({ length: 10_000 }, (_, k) => `user:${((i + k) * 2_654_435_761) % 2 ** 32}:cart\n`);
    fs.writeSync(file, some.join(''));
  }
  fs.closeSync(file);
}

/** Runs a shell command and returns how long it took, in milliseconds. */
async function milliseconds(command: string): Promise<number> {
  const start = performance.now();
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}`);
  return performance.now() - start;
}

async function median(command: string): Promise<number> {
  const rounds: number[] = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await milliseconds(command));
  return rounds.sort((a, b) => a - b)[(ROUNDS - 1) / 2];
}

async function main(): Promise<void> {
  const row = (what: string, figure: string): void => {
    console.log(what.padEnd(56) + figure.padStart(12));
  };
  row(`${os.cpus()[0].model}, ${os.cpus().length} cores, Node ${process.version}`, '');
  const { size } = fs.statSync(keys);

  console.log('\nFrom start to end');
  for (const [what, command] of [
    ['node alone', "node -e ''"],
    ['--version', `${PROGRAM} --version`],
    ['where, one key, 108 servers', `${PROGRAM} where -c ${CONFIG} key`],
    ['check, 108 servers', `${PROGRAM} check ${CONFIG}`],
    ['report, 108 servers', `${PROGRAM} report ${CONFIG} -o /dev/null`],
  ]) {
    row(`  ${what}`, `${(await median(command)).toFixed(0)} ms`);
  }

  console.log(
    `\n${KEYS} keys, ${(size / KEYS).toFixed(1)} bytes each with their newlines, 108 servers, start included`,
  );
  for (const [what, command] of [
    ['where, from a file', `${PROGRAM} where -c ${CONFIG} < ${keys}`],
    ['where, between pipes', `cat ${keys} | ${PROGRAM} where -c ${CONFIG} | cat`],
    ['where --json, between pipes', `cat ${keys} | ${PROGRAM} where --json -c ${CONFIG} | cat`],
    ['balance --keys', `${PROGRAM} balance --keys ${keys} ${CONFIG}`],
    ['balance --pattern', `${PROGRAM} balance --pattern 'user:{1..${KEYS}}:cart' ${CONFIG}`],
  ]) {
    row(`  ${what}`, `${(KEYS / (await median(command)) / 1000).toFixed(2)} M/s`);
  }
}

if (spawnSync(PROGRAM, ['--version']).status !== 0) throw new Error(`${PROGRAM} does not run: npm run build`);
void main().finally(() => {
  fs.rmSync(dir, { recursive: true });
});
