// The places at which a migrator may die, so that tests can have it die at each of them.

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

export type Step = (typeof STEPS)[number];

/** Kills the process if the test asked for it; for the second shard and so on with `STEP:2`. */
export function reached(step: Step): void {
  const [wanted, count = '1'] = (process.env.CDK8S_TWEMPROXY_DIE_AT ?? '').split(':');
  if (wanted !== step) return;
  passed += 1;
  if (passed === Number(count)) process.kill(process.pid, 'SIGKILL');
}

let passed = 0;
