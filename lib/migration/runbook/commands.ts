// The commands of a runbook, ready to paste.

import { type RunbookFacts } from './facts';

/** Where more is told about a server that will never answer again. */
export const GONE = `docs/faults.md, "When a server is gone for good"`;

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

/** Makes the Jobs of a file anew, also where they ran before, or never. */
export function runAgain(file: string): string {
  return `kubectl replace --force -f ${file}`;
}

/** The log of a Job to its end. Until its container runs, some versions of kubectl give up at once. */
export function logs(facts: RunbookFacts, step: string): string {
  return `until ${kubectl(facts)} logs -f ${jobOf(facts, step)}; do sleep 2; done`;
}

/** The log, and how the Job ended. */
export function follow(facts: RunbookFacts, step: string): string {
  const ended = `{.status.conditions[?(@.status=="True")].type}{"\\n"}`;
  return [
    logs(facts, step),
    `${kubectl(facts)} get ${jobOf(facts, step)} -o jsonpath='${ended}'   # Complete, or Failed`,
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
