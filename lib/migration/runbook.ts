// RUNBOOK.md of a fleet that moves: what to apply in which order, what good looks like, how to stop, how to go back. It is
// written from the same data as the manifests, so every name in it is the name of an object.

import { MigrationPhase } from './migration-options';
import { type RunbookInput } from './runbook/runbook-input';
import { goingBack } from './runbook/rollback';
import { moved } from './runbook/moved';
import { moving } from './runbook/before-cutover';

/** The text. */
export function runbook(input: RunbookInput): string {
  const parts = input.phase === MigrationPhase.MOVING ? [...moving(input), ...goingBack(input)] : moved(input);
  return `${parts.join('\n\n')}\n`;
}
