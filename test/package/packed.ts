// Packs the built package, and sets up projects that install it.

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { type Lab } from '../lab/lab';
import { filesOf, ROOT } from '../lab/synthesized';

/** Runs a program of this repository, or of the PATH, and returns its output. */
export function run(directory: string, command: string, ...args: readonly string[]): string {
  const own = path.join(ROOT, 'node_modules', '.bin', command);
  const program = fs.existsSync(own) ? own : command;
  return execFileSync(program, args, { cwd: directory, env: process.env, encoding: 'utf8', stdio: 'pipe' });
}

/** Packs the package into the lab without building it again, and returns the path of the file. */
export function packInto(lab: Lab): string {
  const name = run(ROOT, 'npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', lab.dir).trim();
  return path.join(lab.dir, name);
}

/** The other packages that an app needs to run and compile, from this repository. */
export const OWN = ['cdk8s', 'cdk8s-plus-27', 'constructs', '@types/node', 'undici-types'].map((name) =>
  path.join(ROOT, 'node_modules', name),
);

/** Installs packages into an empty project. Directories are linked, and need no network. */
export function install(project: string, ...packages: readonly string[]): void {
  fs.writeFileSync(path.join(project, 'package.json'), JSON.stringify({ private: true }));
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund'];
  run(project, 'npm', 'install', '--strict-peer-deps', '--prefer-offline', ...quietly, ...packages);
}

/** `main.ts` of this repository, as a user of the package would write it. */
const APP = fs.readFileSync(path.join(ROOT, 'main.ts'), 'utf8').replace("'./lib'", "'cdk8s-twemproxy'");

function inJavaScript(module: ModuleKind): string {
  return transpileModule(APP, { compilerOptions: { module, target: ScriptTarget.ES2022 } }).outputText;
}

/** Writes that app in TypeScript or JavaScript, and returns its directory. */
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

/** Compiles the app with the settings of `cdk8s init typescript-app`: strictly, including our declarations. */
export function compileAsCdk8sInit(directory: string): void {
  const template = path.join(ROOT, 'node_modules', 'cdk8s-cli', 'templates', 'typescript-app');
  fs.copyFileSync(path.join(template, 'tsconfig.json'), path.join(directory, 'tsconfig.json'));
  run(directory, 'tsc', '--build');
}

/** The contents of the app's `dist`, by file name. */
export function synthesized(directory: string, program: string): Record<string, string> {
  run(directory, process.execPath, program);
  return filesOf(path.join(directory, 'dist'));
}

/** The committed output of the app of this repository; another test keeps it up to date. */
export function committed(): Record<string, string> {
  return filesOf(path.join(ROOT, 'dist'));
}
