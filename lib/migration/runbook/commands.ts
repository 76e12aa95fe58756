// The commands of a runbook, ready to paste into sh or bash, for kubectl from 1.20 on.

import { linkTo } from '../../common/documents';
import { type RunbookInput } from './runbook-input';

/** Where more is told about a server that will never answer again. */
export const GONE = linkTo('When a server is gone for good', 'docs/faults.md#when-a-server-is-gone-for-good');

/** A block of commands. */
export function shell(...lines: string[]): string {
  return ['```sh', ...lines, '```'].join('\n');
}

/** kubectl, in the fleet's namespace. */
export function kubectl({ namespace }: RunbookInput): string {
  return namespace === undefined ? 'kubectl' : `kubectl -n ${namespace}`;
}

export function apply(file: string): string {
  return `kubectl apply -f ${file}`;
}

/** Makes the Jobs of a file again, also where they ran before, or never. */
export function runAgain(file: string): string {
  return `kubectl replace --force -f ${file}`;
}

/**
 * The same for some shards only: `0`, `0-3,7`, `10%`. As text, since kubectl would read the Job into the types of its own
 * version, and an older one would lose `suspend` on the way.
 */
export function runPortion(file: string, portion: string): string {
  return `sed '/name: MIGRATOR_SHARDS/{n;s/all/"${portion}"/;}' ${file} | kubectl replace --force -f -`;
}

/** Removes the Jobs of these steps under whatever names, and waits until their pods are gone. */
export function removeJobs(input: RunbookInput, ...steps: string[]): string {
  const which = steps.length > 0 ? `,app.kubernetes.io/component in (${steps.join(',')})` : '';
  return `${kubectl(input)} delete jobs -l '${ofMove(input)}${which}' --cascade=foreground`;
}

/** The conditions of a Job that hold, by type: it has several at a time, and they come after the last line of its log. */
const HOLDING = `?(@.status=="True")`;

/**
 * Waits for the end of a Job, with the last line of its log meanwhile; then prints the whole log of each of its pods, the last one
 * last (kubectl has them in any order), and how it ended.
 */
export function follow(input: RunbookInput, step: string): string {
  const k = kubectl(input);
  const job = jobOf(input, step);
  const pods = `-l job-name=${input.jobs[step]}`;
  const oldestFirst = `$(${k} get pods ${pods} --sort-by=.metadata.creationTimestamp -o name)`;
  const types = `{.status.conditions[${HOLDING}].type}`;
  const lines = `{range .status.conditions[${HOLDING}]}{.type} {.message}{"\\n"}{end}`;
  return [
    `until ${k} get ${job} -o jsonpath='${types}' | grep -qwE 'Complete|Failed'; do`,
    `  now=$(${k} logs ${pods} --prefix --tail=1 2>/dev/null | sort); [ "$now" = "$said" ] || echo "$now"; said=$now; sleep 2`,
    'done',
    `for pod in ${oldestFirst}; do ${k} logs $pod --prefix; done`,
    `${k} get ${job} -o jsonpath='${lines}' | grep -wE '^(Complete|Failed)'`,
  ].join('\n');
}

export function suspend(input: RunbookInput, step: string, value: boolean): string {
  return `${kubectl(input)} patch ${jobOf(input, step)} --type=merge -p '{"spec":{"suspend":${value}}}'`;
}

/** How to stop a step, and to go on with it. */
export function stopping(input: RunbookInput, step: string, effect: string): string[] {
  return [`Stop, and go on:`, shell(suspend(input, step, true), suspend(input, step, false)), effect];
}

/** The label that every object of the move carries. */
export function ofMove({ move }: RunbookInput): string {
  return `app.kubernetes.io/instance=${move}`;
}

function jobOf({ jobs }: RunbookInput, step: string): string {
  return `job/${jobs[step]}`;
}
