// Checks of the options of Jobs.

import { type Construct } from 'constructs';
import { checkPodOptions } from '../common/pod-options';
import { checkImage, checkMemoryFor, refuse } from '../common/prop-errors';
import { DEFAULT_JOB_IMAGE, type ProgramJobOptions } from './job-options';
import { type Program } from './program';
import { checkStepArguments } from './step-arguments';

/** Node.js takes 56 at its start, and the heap of a program up to 96. */
const LEAST_MEBIBYTES = 128;

/** Refuses options with which a Job would fail. */
export function checkJobs(scope: Construct, program: Program, options: ProgramJobOptions, shards: number): void {
  checkPodOptions(scope, options);
  checkMemoryFor(scope, 'memory', options.memory, LEAST_MEBIBYTES);
  checkImage(scope, 'image', options.image ?? DEFAULT_JOB_IMAGE);
  if (options.programInImage === true && options.image === undefined) {
    refuse(
      scope,
      `programInImage is true, but the default Node image does not contain the ${program.name}; set image to one built from node_modules/cdk8s-twemproxy/images/jobs`,
    );
  }
  checkStepArguments(scope, program, options.stepArguments ?? {}, shards);
}
