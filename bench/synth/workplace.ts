// A directory with the input of each program for the same fleets.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { transformSync } from 'esbuild';
import { bareApp } from './bare';
import { writeHelmChart, writeKustomization } from './charts';
import { type Command, measure } from './measure';
import { chartsIn } from './manifests';
import { programs } from './programs';

export const ROOT = path.join(__dirname, '../..');

/** The number of shards, and of units with 108 shards each. */
export interface Size {
  readonly shards: number;
  readonly units: number;
}

/** The commands that write a fleet, by their name in the table. */
export type Commands = Record<string, Command>;

/** Prepares the directory so that Node finds the packages, as in an app that installed them. */
export function makeWorkplace(dir: string): void {
  fs.mkdirSync(path.join(dir, 'node_modules'));
  for (const name of ['cdk8s', 'cdk8s-plus-27', 'constructs']) {
    fs.symlinkSync(path.join(ROOT, 'node_modules', name), path.join(dir, 'node_modules', name));
  }
  fs.symlinkSync(ROOT, path.join(dir, 'node_modules/cdk8s-twemproxy'));
  const source = fs.readFileSync(path.join(__dirname, 'fleet.ts'), 'utf8').replace('../../lib', 'cdk8s-twemproxy');
  fs.writeFileSync(path.join(dir, 'fleet.js'), transformSync(source, { loader: 'ts', format: 'cjs' }).code);
}

/** Writes the input of the programs, from the output of this app for the first unit. */
export async function commandsFor(workplace: string, { shards, units }: Size): Promise<Commands> {
  const dir = path.join(workplace, String(shards));
  const names = Array.from({ length: units }, (_, n) => `unit-${n + 1}`);
  writeFleets(path.join(dir, 'fleets'), names, shards / units);
  const node = (script: string, ...args: string[]): Command => ({
    program: process.execPath,
    args: [script, ...args],
    cwd: dir,
    out: path.join(dir, 'out'),
  });
  await measure(node('../fleet.js', '1'), 60);
  fs.renameSync(path.join(dir, 'dist'), path.join(dir, 'unit-1'));
  const manifests = path.join(dir, 'unit-1');
  fs.writeFileSync(path.join(dir, 'bare.js'), bareApp(chartsIn(manifests)));
  writeHelmChart(path.join(dir, 'helm'), manifests, names);
  writeKustomization(path.join(dir, 'kustomize'), manifests, names);

  const { helm, kubectl } = programs();
  const together = units > 1;
  return {
    'this app': node('../fleet.js', String(units)),
    'bare cdk8s': node('bare.js', String(units)),
    ...(together && { 'this app, units in one App': node('../fleet.js', String(units), '--together') }),
    ...(together && { 'bare cdk8s, units in one App': node('bare.js', String(units), '--together') }),
    'helm template': { ...node(''), program: helm, args: ['template', 'helm'] },
    'kubectl kustomize': { ...node(''), program: kubectl, args: ['kustomize', 'kustomize'] },
  };
}

/** Writes the files of unit-1 for each unit, with this number of servers. */
function writeFleets(dir: string, units: readonly string[], servers: number): void {
  fs.mkdirSync(dir, { recursive: true });
  fs.copyFileSync(path.join(ROOT, 'fleets/unit-1/redis.conf'), path.join(dir, 'redis.conf'));
  const lines = fs.readFileSync(path.join(ROOT, 'fleets/unit-1/nutcracker.yml'), 'utf8').split('\n');
  const first = lines.findIndex((line) => line.trim() === 'servers:') + 1;
  const text = lines.slice(0, first + servers).join('\n');
  for (const unit of units) fs.writeFileSync(path.join(dir, `${unit}.yml`), text.replaceAll('unit-1', unit));
}
