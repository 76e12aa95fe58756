// The RUNBOOK.md of a migration: what to apply in which order, what to check, how to stop, and how to roll back. It is written
// from the same data as the manifests, so every name in it is the name of an object.

import { MigrationPhase } from './migration-options';
import { type RunbookInput } from './runbook/runbook-input';
import { rollback } from './runbook/rollback';
import { moved } from './runbook/moved';
import { moving } from './runbook/before-cutover';
import { wrap } from './runbook/wrap';

export function runbook(input: RunbookInput): string {
  const parts = input.phase === MigrationPhase.MOVING ? [...moving(input), ...rollback(input)] : moved(input);
  return `${parts.map(wrap).join('\n\n')}\n`;
}
