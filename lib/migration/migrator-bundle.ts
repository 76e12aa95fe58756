// The migrator, bundled by `npm run build`.

import { type Construct } from 'constructs';
import { programHash } from '../jobs/program-bundle';
import { MIGRATOR } from './steps';

/** The SHA-256 of migrator.mjs, to compare with the program in the cluster. */
export function migratorHash(scope: Construct): string {
  return programHash(scope, MIGRATOR);
}
