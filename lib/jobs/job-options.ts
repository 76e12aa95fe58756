// The options of Jobs.

import { type Size } from 'cdk8s';
import { type Cpu } from 'cdk8s-plus-27';
import { type PodOptions } from '../common/pod-options';

/** Node 22 is supported until April 2027; the programs are tested with Node 20 and later. */
export const DEFAULT_JOB_IMAGE = 'docker.io/library/node:22.23.2-bookworm-slim';

/** The options of the pods of Jobs. */
export interface JobOptions extends PodOptions {
  /**
   * The image of the Jobs: Node 20 or later.
   * @default docker.io/library/node:22.23.2-bookworm-slim
   */
  readonly image?: string;

  /**
   * The memory request and limit of a Job's pod.
   * @default Size.mebibytes(256)
   */
  readonly memory?: Size;

  /**
   * The CPU request of a Job's pod.
   * @default Cpu.millis(500)
   */
  readonly cpu?: Cpu;

  /**
   * The CPU limit of a Job's pod.
   * @default - none
   */
  readonly cpuLimit?: Cpu;
}

/** The port at which the Jobs export their progress, and its name. */
export const JOB_METRICS_PORT = 9123;
export const JOB_METRICS = 'job-metrics';

/** The options of the Jobs of a program. */
export interface ProgramJobOptions extends JobOptions {
  readonly programInImage?: boolean;
  readonly metrics?: boolean;
  readonly stepArguments?: { [step: string]: string[] };
}
