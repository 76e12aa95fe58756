// The programs of the Jobs. `npm run build` bundles each into one file.

import { type Step } from './step';

/** A program with Jobs. */
export interface Program {
  /** Its name: of its file, its container, its directory, and in the labels. */
  readonly name: string;
  readonly steps: readonly Step[];
  /** The key of its plan in the ConfigMap. */
  readonly planFile: string;
  /** The directory of its plan. */
  readonly planDirectory: string;
}
