// Checks that the applied manifests still name the Job that runs this program. Kubernetes runs a failed Job again minutes
// later, even if its plan or options have been replaced meanwhile.

import * as fs from 'node:fs';

/**
 * Why this Job must not continue; undefined if it may. Checked again before each shard, since kubelet updates the file in a
 * running pod.
 * @param file contains the name of the current Job; undefined if the program is run by hand
 * @param own the name of the Job that runs this program
 */
export function superseded(file: string | undefined, own = process.env.JOB_NAME): string | undefined {
  if (file === undefined) return undefined;
  let current: string;
  try {
    current = fs.readFileSync(file, 'utf8').trim();
  } catch (error) {
    return `the current Job is unknown (${(error as Error).message}); apply the file of the plan again`;
  }
  if (current === own) return undefined;
  return `this is ${own ? `the Job ${own}` : 'no Job'}, but the applied plan names ${current}; run that one, or apply the plan of this Job`;
}
