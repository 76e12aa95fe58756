// Whether the Job that runs this program is still the one that the applied manifests name. Kubernetes runs a Job that
// failed again by itself, minutes later, also when its plan or its options have been replaced meanwhile.

import * as fs from 'node:fs';

/**
 * Why this Job is not to go on, if so. Asked again before each shard, since kubelet brings the file up to date in a running
 * pod.
 * @param file holds the name of the Job that may run this command; none where the program is run by hand
 * @param own the name of the Job that runs it
 */
export function superseded(file: string | undefined, own = process.env.JOB_NAME): string | undefined {
  if (file === undefined) return undefined;
  let current: string;
  try {
    current = fs.readFileSync(file, 'utf8').trim();
  } catch (error) {
    return `which Job is the current one is unknown (${(error as Error).message}); apply the file of the plan again`;
  }
  if (current === own) return undefined;
  return `this is ${own ? `the Job ${own}` : 'no Job'}, and the plan that is applied names ${current}; run that one, or apply the plan that belongs to this`;
}
