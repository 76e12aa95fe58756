// The package as `npm pack` makes it of what was built, and the projects of others who have installed it.

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { type Lab } from '../lab/lab';
import { filesOf, ROOT } from '../lab/synthesized';

/** Runs a program of this repository, or of the PATH, to its end, and returns what it printed. */
export function run(directory: string, command: string, ...args: readonly string[]): string {
  const own = path.join(ROOT, 'node_modules', '.bin', command);
  const program = fs.existsSync(own) ? own : command;
  return execFileSync(program, args, { cwd: directory, env: process.env, encoding: 'utf8', stdio: 'pipe' });
}

/** Packs into the lab, without building again, and returns the path of the file. */
export function packInto(lab: Lab): string {
  const name = run(ROOT, 'npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', lab.dir).trim();
  return path.join(lab.dir, name);
}

/** The packages that an app has beside ours, and those with which it is compiled, as this repository has them. */
export const OWN = ['cdk8s', 'cdk8s-plus-27', 'constructs', '@types/node', 'undici-types'].map((name) =>
  path.join(ROOT, 'node_modules', name),
);

/** Installs packages into a project that has nothing else; directories are linked, and need no network. */
export function install(project: string, ...packages: readonly string[]): void {
  fs.writeFileSync(path.join(project, 'package.json'), JSON.stringify({ private: true }));
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund'];
  run(project, 'npm', 'install', '--strict-peer-deps', '--prefer-offline', ...quietly, ...packages);
}

/** `main.ts` of this repository, as one writes it who has the package. */
const APP = fs.readFileSync(path.join(ROOT, 'main.ts'), 'utf8').replace("'./lib'", "'cdk8s-twemproxy'");

function inJavaScript(module: ModuleKind): string {
  return transpileModule(APP, { compilerOptions: { module, target: ScriptTarget.ES2022 } }).outputText;
}

/** Writes that app, in one of the languages in which people write them, and returns its directory. */
export function writeApp(project: string, name: 'main.ts' | 'main.cjs' | 'main.mjs'): string {
  const directory = path.join(project, path.extname(name).slice(1));
  fs.cpSync(path.join(ROOT, 'fleets'), path.join(directory, 'fleets'), { recursive: true });
  const texts = {
    'main.ts': () => APP,
    'main.cjs': () => inJavaScript(ModuleKind.CommonJS),
    'main.mjs': () => inJavaScript(ModuleKind.ES2022),
  };
  fs.writeFileSync(path.join(directory, name), texts[name]());
  return directory;
}

/** Compiles the app as one that `cdk8s init typescript-app` has made: strictly, our declarations included. */
export function compileAsCdk8sInit(directory: string): void {
  const template = path.join(ROOT, 'node_modules', 'cdk8s-cli', 'templates', 'typescript-app');
  fs.copyFileSync(path.join(template, 'tsconfig.json'), path.join(directory, 'tsconfig.json'));
  run(directory, 'tsc', '--build');
}

/** What such an app writes into its `dist`, by file name. */
export function synthesized(directory: string, program: string): Record<string, string> {
  run(directory, process.execPath, program);
  return filesOf(path.join(directory, 'dist'));
}

/** What the app of this repository writes; a test of its own holds it fresh. */
export function committed(): Record<string, string> {
  return filesOf(path.join(ROOT, 'dist'));
}
