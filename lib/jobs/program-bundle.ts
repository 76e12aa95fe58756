// A program of pods, bundled by `npm run build`.

import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { hashedConfigMap } from '../common/hashed-config-map';
import { refuse } from '../common/prop-errors';
import { script } from '../common/scripts';
import { type Program } from './program';

/** Read once for all fleets. */
const texts = new Map<string, string>();

/** A program, by the name of its file and directory. */
type Named = Pick<Program, 'name'>;

/** The text of the program. */
export function programBundle(scope: Construct, program: Named): string {
  const known = texts.get(program.name);
  if (known !== undefined) return known;
  const text = fs.readFileSync(builtFile(scope, program, `${program.name}.mjs`), 'utf8');
  texts.set(program.name, text);
  return text;
}

/** A file of the program, in the compiled library or in a source checkout. */
export function builtFile(scope: Construct, { name }: Named, file: string): string {
  const places = [`../../${name}/${file}`, `../../build/${name}/${file}`].map((place) => path.join(__dirname, place));
  return places.find((place) => fs.existsSync(place)) ?? refuse(scope, `${file} is not built; run: npm run build`);
}

/** The SHA-256 of the program, to compare with the one in the cluster. */
export function programHash(scope: Construct, program: Program): string {
  return createHash('sha256').update(programBundle(scope, program)).digest('hex');
}

/** The ConfigMap with the program, the script that restarts it, and its hash, which a runbook compares. */
export function programConfigMap(
  scope: Construct,
  program: Program,
  name: string,
  labels: Record<string, string>,
): k8s.KubeConfigMap {
  const configMap = hashedConfigMap(scope, 'program', name, labels, {
    [`${program.name}.mjs`]: programBundle(scope, program),
    [`run-${program.name}.sh`]: script('run-migrator.sh'),
  });
  configMap.metadata.addAnnotation(`cdk8s-twemproxy/sha256-of-${program.name}.mjs`, programHash(scope, program));
  return configMap;
}
