// The options of the Jobs that change the password of running servers.

import { type JobOptions } from '../jobs/job-options';

/** The options of the Jobs that change the password of running servers. */
export interface PasswordOptions extends JobOptions {
  /**
   * Additional arguments, by command, such as `{ retire: ['--watch', '120'] }`. The synth refuses invalid arguments.
   * @default - none
   */
  readonly stepArguments?: { [step: string]: string[] };

  /**
   * Whether `image` contains the passwords program, as an image built from images/jobs does. Then there is no ConfigMap with the
   * program, and no file `48-passwords-program`.
   * @default false
   */
  readonly programInImage?: boolean;
}
