// reshard: moves the keys of a live fleet from one ring to another. Its only state is that of the Redis servers, so every command
// can be killed at any time and run again.

import { type Given, numberOf } from '../migrator/program/command-line';
import { planHash } from '../migrator/program/plan-rules';
import { passwordOf, type Result, runProgram } from '../migrator/program/run';
import { COMMAND_LINE, type CommandName } from './command-line';
import { change } from './commands/change';
import { compatibility } from './commands/compatibility';
import { type Context } from './commands/context';
import { copy } from './commands/copy';
import { preflight } from './commands/preflight';
import { purge } from './commands/purge';
import { status } from './commands/status';
import { verify } from './commands/verify';
import { readPlan } from './plan/plan-file';
import { trustNodes } from './plan/plan-tls';

/** Replaced when the program is built. */
declare const VERSION: string;

type RunCommand = (context: Context, given: Given) => Promise<Result>;

const deleteOrphans = (given: Given): boolean => given['delete-orphans'] === true;
const deadlineOf = (given: Given): number => numberOf(given, 'deadline', 1000);
const rateOf = (given: Given): number => numberOf(given, 'rate', 10_000);
const patienceOf = (given: Given): number => numberOf(given, 'patience', 60) * 1000;

const RUNNERS: Record<CommandName, RunCommand> = {
  preflight: (context, given) => preflight(context, deadlineOf(given), rateOf(given)),
  compatibility,
  copy: (context, given) => {
    const options = { deadlineMs: deadlineOf(given), rate: rateOf(given), deleteOrphans: deleteOrphans(given) };
    return copy(context, options);
  },
  verify,
  switch: (context, given) => change(context, 'b', patienceOf(given)),
  return: (context, given) => change(context, 'a', patienceOf(given)),
  purge: (context, given) => purge(context, deleteOrphans(given)),
  status,
};

runProgram({
  version: VERSION,
  commandLine: COMMAND_LINE,
  readPlan,
  // Rings change for the whole fleet at once.
  shardsVariable: '',
  start: ({ name, given }, plan, run) => {
    trustNodes(plan, given);
    const password = passwordOf(given, 'password-file', 'REDIS_PASSWORD');
    const context = { ...run, plan, planHash: planHash(plan), access: { user: plan.user, password } };
    return RUNNERS[name](context, given);
  },
});
