// The migrator, bundled by `npm run build`.

import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Construct } from 'constructs';
import { refuse } from '../common/prop-errors';

/** In the compiled library, and in a source checkout. */
const PLACES = ['../../migrator/migrator.mjs', '../../build/migrator/migrator.mjs'];

/** Read once for all fleets. */
let text: string | undefined;

/** The text of migrator.mjs. */
export function migratorBundle(scope: Construct): string {
  if (text !== undefined) return text;
  const file = PLACES.map((place) => path.join(__dirname, place)).find((place) => fs.existsSync(place));
  if (file === undefined) refuse(scope, 'migrator.mjs is not built; run: npm run build');
  return (text = fs.readFileSync(file, 'utf8'));
}

/** The SHA-256 of migrator.mjs, to compare with the program in the cluster. */
export function migratorHash(scope: Construct): string {
  return createHash('sha256').update(migratorBundle(scope)).digest('hex');
}
