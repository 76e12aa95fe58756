// Reads manifests.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseAllDocuments } from 'yaml';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A Kubernetes object. */
export interface Manifest {
  readonly [key: string]: Json;
  readonly apiVersion: string;
  readonly kind: string;
}

/** A file of manifests. */
export interface Chart {
  readonly file: string;
  readonly objects: readonly Manifest[];
}

/** The files of a directory, sorted by name. */
export function chartsIn(dir: string): Chart[] {
  const files = fs.readdirSync(dir).filter((file) => file.endsWith('.yaml'));
  return files.sort().map((file) => ({ file, objects: objectsOf(fs.readFileSync(path.join(dir, file), 'utf8')) }));
}

/** The objects in a text. Hashes are removed from names, since each program uses its own, or none. */
export function objectsOf(text: string): Manifest[] {
  return parseAllDocuments(text.replace(HASH, ''), { version: '1.1' }).map((document) => document.toJS() as Manifest);
}

const HASH = /(?<=\bunit-\d+-[a-z-]+)-[0-9a-f]{8}\b/g;
