// The commands of the backup program that have a Job.

import { type Program } from '../jobs/program';
import { type Step } from '../jobs/step';

/** Run by a CronJob. */
export const BACKUP_STEP: Step = { name: 'backup', number: 48, suspended: false, retries: 3 };

/** Started by a person. Its file is one of the fleet's steps. */
export const RESTORE_STEP: Step = { name: 'restore', number: 97, suspended: true, retries: 6 };

/** Started by a person, before a restore; with `importFrom`. */
export const IMPORT_STEP: Step = { name: 'import', number: 96, suspended: true, retries: 6 };

/** Run by a CronJob; the next one tries again. */
export const DRILL_STEP: Step = { name: 'drill', number: 48, suspended: false, retries: 0 };

/** The program that backs up the shards. */
export const BACKUP: Program = {
  name: 'backup',
  steps: [BACKUP_STEP, IMPORT_STEP, RESTORE_STEP, DRILL_STEP],
  planFile: 'backup.json',
  planDirectory: '/etc/backup',
};
