// The cost of a synth, compared with alternatives: npm run bench (after npm run build)

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { commandLines, LOADS_BOTH, MAIN } from './synth/command-line';
import { measure, type Measured } from './synth/measure';
import { programs } from './synth/programs';
import { checkSame } from './synth/same';
import { type Figures, median, megabytes, row, seconds, times } from './synth/table';
import { type Commands, commandsFor, makeWorkplace, ROOT, type Size } from './synth/workplace';

const SIZES: (Size & { readonly rounds: number })[] = [
  { shards: 4, units: 1, rounds: 7 },
  { shards: 108, units: 1, rounds: 11 },
  { shards: 1080, units: 10, rounds: 5 },
  { shards: 10_800, units: 100, rounds: 3 },
];
/** A command that takes longer is killed. One that takes a sixth of this runs only once. */
const LIMIT_SECONDS = 60;

async function main(workplace: string): Promise<void> {
  process.env.CDK8S_CHECK_UPGRADE = 'false';
  process.env.PATH = `${path.join(ROOT, 'node_modules/.bin')}:${process.env.PATH ?? ''}`;
  makeWorkplace(workplace);
  console.log(machine());
  const all = new Map<number, Map<string, Figures>>();
  row('', 'whole', 'x bare', 'x 108', 'CPU', 'in process', 'x bare', 'memory');
  for (const size of SIZES) {
    const commands = await commandsFor(workplace, size);
    // 10,800 shards are the compared 108 shards a hundred times.
    if (size.units <= 10) await checkSame(commands);
    all.set(size.shards, await figuresOf(commands, size.rounds));
    print(size, all);
  }
  const synths = await figuresOf(commandLines(workplace), 11);
  const floor = figuresIn(synths, LOADS_BOTH);
  row('\ncdk8s synth', 'whole', 'x loading', '', 'CPU', 'x loading');
  for (const [name, { seconds: whole, cpuSeconds }] of synths) {
    row(
      `  ${name}`,
      seconds(whole),
      times(whole / floor.seconds),
      '',
      seconds(cpuSeconds),
      times(cpuSeconds / floor.cpuSeconds),
    );
  }
  printTargets(all, figuresIn(synths, MAIN).seconds / floor.seconds);
}

/** Runs all commands in turn, so that a slow period of the machine affects all of them. */
async function figuresOf(commands: Commands, rounds: number): Promise<Map<string, Figures>> {
  const runs = new Map<string, (Measured & { inProcess: number })[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, command] of Object.entries(commands)) {
      const before = runs.get(name) ?? [];
      if (round > 0 && !before.some(({ seconds: whole }) => whole < LIMIT_SECONDS / 6)) continue;
      const measured = await measure(command, LIMIT_SECONDS);
      const lastLine = fs.readFileSync(command.out, 'utf8').slice(-100).trim().split('\n').at(-1);
      if (measured) runs.set(name, [...before, { ...measured, inProcess: Number(lastLine ?? NaN) }]);
    }
  }
  const medianOf = (name: string, figure: keyof Figures): number =>
    median((runs.get(name) ?? []).map((run) => run[figure]));
  return new Map(
    Object.keys(commands).map((name) => {
      const [whole, cpuSeconds, bytes, inProcess] = (['seconds', 'cpuSeconds', 'bytes', 'inProcess'] as const).map(
        (figure) => medianOf(name, figure),
      );
      return [name, { seconds: whole, cpuSeconds, bytes, inProcess }];
    }),
  );
}

const APP = 'this app';
const BARE = 'bare cdk8s';

function figuresIn(figures: Map<string, Figures> | undefined, name: string): Figures {
  const found = figures?.get(name);
  if (!found) throw new Error(`${name} was not measured`);
  return found;
}

function print({ shards, units }: Size, all: Map<number, Map<string, Figures>>): void {
  row(`\n${shards.toLocaleString('en')} shards${units > 1 ? ` in ${units} units` : ''}`);
  const bare = figuresIn(all.get(shards), BARE);
  for (const [name, figures] of all.get(shards) ?? []) {
    const base = all.get(108)?.get(name.replace(/, units.*/, ''));
    row(
      `  ${name}`,
      Number.isNaN(figures.seconds) ? `> ${LIMIT_SECONDS} s` : seconds(figures.seconds),
      times(figures.seconds / bare.seconds),
      times(figures.seconds / (base?.seconds ?? NaN)),
      seconds(figures.cpuSeconds),
      seconds(figures.inProcess),
      times(figures.inProcess / bare.inProcess),
      megabytes(figures.bytes),
    );
  }
}

function printTargets(all: Map<number, Map<string, Figures>>, synth: number): void {
  const [small, large] = [108, 10_800].map((shards) => figuresIn(all.get(shards), APP));
  const inProcess = (shards: number): number =>
    figuresIn(all.get(shards), APP).inProcess / figuresIn(all.get(shards), BARE).inProcess;
  const target = (what: string, figure: number, most: number, unit = 'x'): void => {
    row(`  ${what}`, `${figure.toFixed(2)} ${unit}`, `<= ${most} ${unit}`, figure <= most ? 'reached' : 'missed');
  };
  row('\nTo reach');
  target('cdk8s synth of main.ts, x loading', synth, 1.25);
  for (const { shards } of SIZES)
    target(`in process, x bare, ${shards.toLocaleString('en')} shards`, inProcess(shards), 1.2);
  target('10,800 shards, x 108', large.seconds / small.seconds, 110);
  target('10,800 shards, memory', large.bytes / 1e9, 1, 'GB');
}

function machine(): string {
  const { helm, kubectl } = programs();
  const version = (program: string, ...args: string[]): string =>
    /v?\d+\.\d+\.\d+/.exec(execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' }))?.[0] ?? '';
  const ofPackage = (name: string): string => {
    const file = path.join(ROOT, 'node_modules', name, 'package.json');
    return `${name} ${(JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string }).version}`;
  };
  return [
    `${os.cpus()[0].model}, ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(1)} before, Node ${process.version}`,
    ['cdk8s', 'cdk8s-plus-27', 'cdk8s-cli'].map(ofPackage).join(', '),
    `helm ${version(helm, 'version', '--short')}, kubectl ${version(kubectl, 'version', '--client', '--short')}`,
  ].join('\n');
}

const workplace = fs.mkdtempSync(path.join(os.tmpdir(), 'synth-'));
void main(workplace).finally(() => {
  fs.rmSync(workplace, { recursive: true });
});
