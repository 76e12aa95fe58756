// The commands of a runbook, ready to paste into sh or bash, for kubectl from 1.20 on.

import { linkTo } from '../../common/documents';
import { type RunbookInput } from './runbook-input';

/** What commands need to know of a fleet. */
type Named = Pick<RunbookInput, 'namespace' | 'jobs' | 'move'>;

/** What to do about a server that will not come back. */
export const GONE = linkTo('When a server is gone for good', 'docs/faults.md#when-a-server-is-gone-for-good');

/** Steps with their numbers. Each is a list of paragraphs and code blocks, not indented, so that commands can be copied from the plain text. */
export function numbered(...steps: string[][]): string[] {
  return steps.flatMap(([first, ...rest], index) => [`${index + 1}. ${first}`, ...rest]);
}

/** A code block of commands. */
export function shell(...lines: string[]): string {
  return ['```sh', ...lines, '```'].join('\n');
}

/** `kubectl` in the fleet's namespace. */
export function kubectl({ namespace }: Pick<Named, 'namespace'>): string {
  return namespace === undefined ? 'kubectl' : `kubectl -n ${namespace}`;
}

export function apply(file: string): string {
  return `kubectl apply -f ${file}`;
}

/** Creates the Jobs of a file, and replaces those that exist. */
export function runAgain(file: string): string {
  return `kubectl replace --force -f ${file}`;
}

/**
 * The same for some shards only: `0`, `0-3,7`, `10%`. The file is edited as text: kubectl would parse the Job into the types of
 * its own version, and an old kubectl would drop `suspend`.
 */
export function runPortion(file: string, portion: string): string {
  return `sed '/name: MIGRATOR_SHARDS/{n;s/all/"${portion}"/;}' ${file} | kubectl replace --force -f -`;
}

/** Deletes the Jobs of these steps, whatever their names, and waits until their pods are gone. */
export function removeJobs(input: Named, ...steps: string[]): string {
  const which = steps.length > 0 ? `,app.kubernetes.io/component in (${steps.join(',')})` : '';
  return `${kubectl(input)} delete jobs -l '${ofMove(input)}${which}' --cascade=foreground`;
}

/** The conditions of a Job that are true: it has several at a time, and they appear after the last line of its log. */
const IS_TRUE = `?(@.status=="True")`;

/**
 * Waits for a Job to end, and prints the last line of its log meanwhile. Then prints the whole log of each of its pods, oldest
 * first (kubectl lists them in any order), and how the Job ended.
 */
export function follow(input: Named, step: string): string {
  const k = kubectl(input);
  const job = jobOf(input, step);
  const pods = `-l job-name=${input.jobs[step]}`;
  const oldestFirst = `$(${k} get pods ${pods} --sort-by=.metadata.creationTimestamp -o name)`;
  const types = `{.status.conditions[${IS_TRUE}].type}`;
  const lines = `{range .status.conditions[${IS_TRUE}]}{.type} {.message}{"\\n"}{end}`;
  return [
    `until ${k} get ${job} -o jsonpath='${types}' | grep -qwE 'Complete|Failed'; do`,
    `  now=$(${k} logs ${pods} --prefix --tail=1 2>/dev/null | sort); [ "$now" = "$said" ] || echo "$now"; said=$now; sleep 2`,
    'done',
    `for pod in ${oldestFirst}; do ${k} logs $pod --prefix; done`,
    `${k} get ${job} -o jsonpath='${lines}' | grep -wE '^(Complete|Failed)'`,
  ].join('\n');
}

export function suspend(input: Named, step: string, value: boolean): string {
  return `${kubectl(input)} patch ${jobOf(input, step)} --type=merge -p '{"spec":{"suspend":${value}}}'`;
}

/** How to stop a step, and how to resume it. */
export function stopping(input: Named, step: string, effect: string): string[] {
  return [
    `**Stop** the Job:`,
    shell(suspend(input, step, true)),
    '**Resume** it:',
    shell(suspend(input, step, false)),
    effect,
  ];
}

/** The label of every object of the migration, or of another change. */
export function ofMove({ move }: Pick<Named, 'move'>): string {
  return `app.kubernetes.io/instance=${move}`;
}

function jobOf({ jobs }: Pick<Named, 'jobs'>, step: string): string {
  return `job/${jobs[step]}`;
}
