// The points at which tests let the program die.

import { type Step } from '../../migrator/shard/fault-points';

export const BACKUP_STEPS = [
  'backup.begun',
  'backup.receiving',
  'backup.received',
  'backup.renamed',
  'backup.recorded',
  'backup.complete',
  'backup.pruning',
  'import.surveyed',
  'import.loaded',
  'import.checked',
  'restore.locked',
  'restore.discarded',
  'restore.detached',
  'restore.loaded',
  'restore.promoted',
] as const satisfies readonly Step[];
