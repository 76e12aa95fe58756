// What the runbooks of all changes have in common.

import { linkTo } from '../../common/documents';
import { apply, follow, kubectl, ofMove, runAgain, shell } from '../../migration/runbook/commands';
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
