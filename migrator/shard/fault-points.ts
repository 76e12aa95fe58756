// Points at which tests let a program die or stop.

export const STEPS = [
  'sync.locked',
  'sync.attached',
  'cutover.locked',
  'cutover.checked',
  'cutover.held',
  'cutover.equal',
  'cutover.demoted',
  'cutover.promoted',
  'cutover.followed',
  'rollback.locked',
  'rollback.detached',
  'rollback.held',
  'rollback.equal',
  'rollback.demoted',
  'rollback.promoted',
] as const;

/** The same for the program that changes masters after a migration. */
export const FAILOVER_STEPS = [
  'switchover.locked',
  'switchover.checked',
  'switchover.held',
  'switchover.equal',
  'switchover.demoted',
  'switchover.promoted',
  'switchover.followed',
  'switchover.told',
  'failover.locked',
  'failover.eligible',
  'failover.promoted',
  'failover.told',
] as const;

/** The same for the program that moves keys to another ring. */
export const RESHARD_STEPS = ['reshard.copied', 'reshard.fenced', 'reshard.drained', 'reshard.opened'] as const;

/** The same for the program that changes passwords. */
export const PASSWORD_STEPS = [
  'apply.accepted',
  'apply.masterauth',
  'apply.monitored',
  'apply.sent',
  'retire.removed',
] as const;

export type Step =
  | (typeof STEPS)[number]
  | (typeof FAILOVER_STEPS)[number]
  | (typeof RESHARD_STEPS)[number]
  | (typeof PASSWORD_STEPS)[number]
  // Listed by the backup program.
  | `backup.${string}`
  | `restore.${string}`
  | `import.${string}`;

/** The step, and the signal that the process sends itself there: `cutover.held SIGSTOP`. */
const VARIABLE = 'CDK8S_TWEMPROXY_SIGNAL_AT';

let isSent = false;

/** Called at each step; does nothing unless a test sets the variable. */
export function reached(step: Step): void {
  const [wanted, signal] = (process.env[VARIABLE] ?? '').split(' ');
  if (wanted !== step || isSent) return;
  isSent = true;
  process.kill(process.pid, signal);
}
