// The largest Kubernetes objects of a unit of 108 shards.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Lab } from '../../test/lab/lab';
import { type Manifest } from '../../test/lab/synth';
import { objectsIn, ROOT, synthesize } from '../../test/lab/synthesized';
import { bytes, heading, row } from '../table';

/** kubectl copies an object into this annotation, and all annotations of an object share the limit. */
const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';
const LIMIT = 262_144;

export function sizes(lab: Lab): void {
  const objects = objectsIn(synthesize(ROOT, path.join(lab.dir, 'dist')));
  const largest = objects.sort((a, b) => annotationOf(b) - annotationOf(a)).slice(0, 3);
  heading('Objects of main.ts as kubectl annotates them', 'bytes');
  row('  migrator.mjs alone (floor)', bytes(fs.statSync(path.join(ROOT, 'build/migrator/migrator.mjs')).size));
  for (const object of largest) row(`  ${nameOf(object)}`, bytes(annotationOf(object)));
  row('  aim', bytes(LIMIT));
}

/** The size of the annotation: its name, the object on one line, and a newline. */
function annotationOf(object: Manifest): number {
  return ANNOTATION.length + Buffer.byteLength(JSON.stringify(object)) + 1;
}

function nameOf({ kind, metadata }: Manifest): string {
  return `${String(kind)} ${String((metadata as Manifest).name)}`;
}
