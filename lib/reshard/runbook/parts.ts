// What the runbooks of all changes have in common.

import { linkTo } from '../../common/documents';
import { apply, follow, kubectl, ofMove, removeJobs, runAgain, shell, suspend } from '../../migration/runbook/commands';
import { type ReshardPhase } from '../reshard-options';
import { type RunbookOfChange } from './input';

/** The command that moves on to the next phase. */
export function setPhase({ source }: RunbookOfChange, phase: keyof typeof ReshardPhase): string {
  return `Set \`phase: ReshardPhase.${phase}\` in \`${source}\`, and run \`npm run synth\`.`;
}

export function deleteChange(input: RunbookOfChange): string {
  return `${kubectl(input)} delete jobs,configmaps,networkpolicies -l ${ofMove(input)}`;
}

/** The commands that apply these files, if they were written. */
export function applyAll({ files }: RunbookOfChange, ...steps: string[]): string[] {
  return steps.flatMap((step) => (files[step] ? [apply(files[step])] : []));
}

export function serversRolledOut(input: RunbookOfChange): string[] {
  const { statefulSet, replicas } = input;
  const sets = [...(replicas ? [replicas.sentinels] : []), statefulSet, ...(replicas ? [replicas.statefulSet] : [])];
  return sets.map((name) => `${kubectl(input)} rollout status statefulset/${name}`);
}

/** The step that starts `copy`, and waits until everything is copied. */
export function copied(input: RunbookOfChange, title: string): string[] {
  const logs = `${kubectl(input)} logs job/${input.jobs.copy}`;
  const wait = `until ${logs} 2>/dev/null | grep 'copied '; do sleep 2; done`;
  return [title, shell(apply(input.files['60-reshard-copy']), wait)];
}

/** The step that compares the copies. */
export function compared(input: RunbookOfChange, title: string): string[] {
  const { files } = input;
  return [
    title,
    shell(apply(files['70-reshard-verify']), follow(input, 'verify')),
    `**No-go**: keys differ. Start \`copy\` again: \`${runAgain(files['60-reshard-copy'])}\`.`,
  ];
}

export function preflightFailed({ files }: RunbookOfChange): string {
  return `**No-go**: the Job failed. Its log says what to do; then run it again: \`${runAgain(files['50-reshard-preflight'])}\`.`;
}

/** The commands of `switch`. */
export function switched(input: RunbookOfChange): string {
  return shell(apply(input.files['80-reshard-switch']), suspend(input, 'switch', false), follow(input, 'switch'));
}

/** @param serving what serves then, as a subject */
export function switchFailed({ files }: RunbookOfChange, serving: string): string {
  return `**No-go**: it failed. ${serving} serves, unless \`copy\` has died meanwhile: see below. To try again, replace the Job and start it as above: \`${runAgain(files['80-reshard-switch'])}\`.`;
}

/** The commands of `return`, and how to switch once more. */
export function returned(input: RunbookOfChange): string[] {
  const { files } = input;
  return [
    shell(apply(files['90-reshard-return']), suspend(input, 'return', false), follow(input, 'return')),
    `A second switch needs new Jobs: \`${runAgain(files['80-reshard-switch'])}\`, and \`${runAgain(files['90-reshard-return'])}\` to return.`,
  ];
}

/** The step that deletes these Jobs, of which `copy` is one, and then copies. */
export function purged(input: RunbookOfChange, title: string, ...jobs: string[]): string[] {
  const { files } = input;
  return [
    title,
    shell(
      removeJobs(input, ...jobs),
      apply(files['98-reshard-purge']),
      suspend(input, 'purge', false),
      follow(input, 'purge'),
    ),
    `To run it again: \`${runAgain(files['98-reshard-purge'])}\`.`,
  ];
}

/**
 * The step that checks that the second one of both serves.
 *
 * @param from the step of the runbook of the phase RESHARDING from which to follow it otherwise
 */
export function secondServes(input: RunbookOfChange, title: string, from: string): string[] {
  return [
    title,
    shell(
      ...applyAll(input, '45-reshard', '46-reshard-program'),
      runAgain(input.files['55-reshard-status']),
      follow(input, 'status'),
    ),
    `**No-go**: the last line does not begin with \`serves B\`. Set \`phase: ReshardPhase.RESHARDING\` again, run \`npm run synth\`, and follow that runbook from "${from}" in its step 1 on.`,
  ];
}

export function fenced(input: RunbookOfChange): string[] {
  const { files, jobs } = input;
  const k = kubectl(input);
  return [
    '## If `copy` dies during the switch',
    'The fence does not end by itself. The container starts `copy` again at once, which gives the shards back to the ring that has every write. If the node of its pod is lost, do that yourself, without waiting for Kubernetes:',
    shell(`${k} delete pods -l job-name=${jobs.copy} --force --grace-period=0`, runAgain(files['60-reshard-copy'])),
    `If its log says \`another program is working on it\`, the connection of the lost pod is still open: ${linkTo('end it', 'docs/reshard.md#the-state-of-a-fleet')}.`,
    'To see which ring serves:',
    shell(runAgain(files['55-reshard-status']), follow(input, 'status')),
  ];
}
