// The options of the Jobs that show and change which server of a shard is the master.

import { type JobOptions } from '../jobs/job-options';

/** The options of the Jobs that show and change which server of a shard is the master. */
export interface FailoverOptions extends JobOptions {
  /**
   * Additional arguments, by command, such as `{ switchover: ['--concurrency', '1'] }`. The synth refuses invalid arguments.
   * @default - none
   */
  readonly stepArguments?: { [step: string]: string[] };

  /**
   * Whether `image` contains the failover program, as an image built from images/jobs does. Then there is no ConfigMap with the
   * program, and no file `43-failover-program`.
   * @default false
   */
  readonly programInImage?: boolean;
}
