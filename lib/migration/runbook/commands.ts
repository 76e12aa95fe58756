// The commands of a runbook, ready to paste into sh or bash, for kubectl from 1.20 on.

import { linkTo } from '../../common/documents';
import { type RunbookFacts } from './runbook-input';

/** Where more is told about a server that will never answer again. */
export const GONE = linkTo('When a server is gone for good', 'docs/faults.md#when-a-server-is-gone-for-good');

/** A block of commands. */
export function shell(...lines: string[]): string {
  return ['```sh', ...lines, '```'].join('\n');
}

/** kubectl, in the fleet's namespace. */
export function kubectl({ namespace }: RunbookFacts): string {
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
export function removeJobs(facts: RunbookFacts, ...steps: string[]): string {
  const which = steps.length > 0 ? `,app.kubernetes.io/component in (${steps.join(',')})` : '';
  return `${kubectl(facts)} delete jobs -l '${ofMove(facts)}${which}' --cascade=foreground`;
}

/** The conditions of a Job that hold, by type: it has several at a time, and they come after the last line of its log. */
const HOLDING = `?(@.status=="True")`;

/**
 * Waits for the end of a Job, with the last line of its log meanwhile; then prints the whole log of each of its pods, the last one
 * last (kubectl has them in any order), and how it ended.
 */
export function follow(facts: RunbookFacts, step: string): string {
  const k = kubectl(facts);
  const job = jobOf(facts, step);
  const pods = `-l job-name=${facts.jobs[step]}`;
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

export function suspend(facts: RunbookFacts, step: string, value: boolean): string {
  return `${kubectl(facts)} patch ${jobOf(facts, step)} --type=merge -p '{"spec":{"suspend":${value}}}'`;
}

/** How to stop a step, and to go on with it. */
export function stopping(facts: RunbookFacts, step: string, effect: string): string[] {
  return [`Stop, and go on:`, shell(suspend(facts, step, true), suspend(facts, step, false)), effect];
}

/** The label that every object of the move carries. */
export function ofMove({ move }: RunbookFacts): string {
  return `app.kubernetes.io/instance=${move}`;
}

function jobOf({ jobs }: RunbookFacts, step: string): string {
  return `job/${jobs[step]}`;
}
