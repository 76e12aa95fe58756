// Kubernetes manifests: finds them in a directory, and parses them.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { LineCounter, parseAllDocuments } from 'yaml';
import { refuseAny } from '../../lib/nutcracker/config-error';
import { STDIN } from './pools';
import { throwReadError } from '../output/system-error';

export function isDirectory(given: string): boolean {
  if (given === STDIN) return false;
  try {
    return fs.statSync(given, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch (error) {
    return throwReadError(given, error);
  }
}

/** The manifests in a directory, sorted by name. */
export function manifestsIn(directory: string): string[] {
  const names = namesIn(directory).filter((name) => /\.ya?ml$/.test(name));
  return names.sort().map((name) => path.join(directory, name));
}

function namesIn(directory: string): string[] {
  try {
    return fs.readdirSync(directory);
  } catch (error) {
    return throwReadError(directory, error);
  }
}

/** All YAML documents in a file; throws an error with the line and the remedy if it is not YAML. */
export function parseYaml(text: string, file: string, remedy: string): unknown[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  refuseAny(
    documents.flatMap(({ errors }) =>
      errors.map(({ message, pos }) => ({
        file,
        line: lines.linePos(pos[0]).line,
        because: `it is not YAML: ${message}`,
        remedy,
      })),
    ),
  );
  return documents.map((document) => document.toJS() as unknown);
}
