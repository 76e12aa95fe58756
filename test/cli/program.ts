// Builds the program as it is shipped into a lab, and runs it.

import { execFileSync, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Input } from '../../cli/input/pools';
import { type Lab } from '../lab/lab';

export const ROOT = path.join(__dirname, '../..');
export const ARTICLE = 'examples/article/nutcracker.yml';
export const UNIT_1 = 'fleets/unit-1/nutcracker.yml';

export interface Result {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Builds the program; returns its directory, for PATH. */
export function buildInto(lab: Lab): string {
  const bin = path.join(lab.dir, 'bin');
  bundle(path.join(bin, 'cdk8s-twemproxy'));
  return bin;
}

/** The same, but installed as npm does it from a registry. */
export function installInto(lab: Lab): string {
  const name = 'node_modules/cdk8s-twemproxy';
  const main = path.join(lab.dir, name, 'build/cli/main.js');
  bundle(main);
  const resolved = 'https://registry.npmjs.org/cdk8s-twemproxy/-/cdk8s-twemproxy-0.1.0.tgz';
  lab.write('node_modules/.package-lock.json', JSON.stringify({ packages: { [name]: { resolved } } }));
  const bin = path.join(lab.dir, 'bin');
  fs.mkdirSync(bin);
  fs.symlinkSync(main, path.join(bin, 'cdk8s-twemproxy'));
  return bin;
}

function bundle(outfile: string): void {
  execFileSync(process.execPath, [path.join(ROOT, 'scripts/bundle.mjs'), outfile], { cwd: ROOT });
}

/** Runs a program to its end, in the root of the project by default. */
export async function run(
  command: string,
  args: readonly string[],
  options: SpawnOptions & { readonly stdin?: string | Uint8Array } = {},
): Promise<Result> {
  const { stdin = '', ...others } = options;
  const child = spawn(command, args, { cwd: ROOT, stdio: 'pipe', env: process.env, ...others });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (data: Buffer) => stdout.push(data));
  child.stderr?.on('data', (data: Buffer) => stderr.push(data));
  // A program may exit before it has read all input.
  child.stdin?.on('error', () => undefined).end(stdin);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
}

/** Standard input with these chunks. */
export function inputOf(...chunks: readonly (string | Uint8Array)[]): Input {
  return new Input(async function* () {
    for (const chunk of chunks) yield Promise.resolve(Buffer.from(chunk));
  });
}
