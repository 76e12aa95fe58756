// backup: backs up the shards of a fleet, and restores them. Its state is in the directories of the backups, so every command can be killed at any
// time and run again.

import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { type Given, numberOf } from '../migrator/program/command-line';
import { ExitCode, type Outcome } from '../migrator/program/outcome';
import { planHash } from '../migrator/program/plan-rules';
import { passwordOf, type Result, runProgram } from '../migrator/program/run';
import { outcomes as outcomesSummary } from '../migrator/program/summary';
import { UsageError } from '../migrator/program/usage-error';
import { COMMAND_LINE, type CommandName } from './command-line';
import { Sentinels } from '../failover/sentinel/sentinels';
import { backup, type BackupResult } from './commands/backup';
import { type Context } from './commands/context';
import { drill } from './commands/drill';
import { importFiles } from './commands/import';
import { restore } from './commands/restore';
import * as summaries from './commands/summaries';
import { readPlan } from './plan-file';
import { type Certificate } from './rdb/rdb-master';
import { chosenBackup } from './store/choose';
import { Destination } from './store/destination';

/** Replaced when the program is built. */
declare const VERSION: string;

/** With these variables, a Job can be started for a part of the shards, and another backup. */
const SHARDS = 'BACKUP_SHARDS';
const FROM = 'BACKUP_FROM';
const DISCARD = 'BACKUP_DISCARD_DATA';
const CHECK = 'BACKUP_CHECK';

type RunCommand = (context: Context, given: Given) => Promise<Result>;

const RUNNERS: Record<CommandName, RunCommand> = {
  backup: async (context, given) => {
    const result = await backup(context, {
      concurrency: numberOf(given, 'concurrency', 2),
      retention: { keep: numberOf(given, 'keep', 7), keepDays: numberOf(given, 'keep-days', Infinity) },
      samples: numberOf(given, 'samples', 16),
      run: { job: process.env.JOB_NAME ?? '', plan: planHash(context.plan) },
      resumesAny: given.resume === true,
    });
    return { outcomes: outcomesOf(result), summary: summaries.backup(result) };
  },

  import: async (context, given) => {
    const checksOnly = given.check === true || process.env[CHECK] === 'yes';
    const result = await importFiles(context, {
      root: pathOf(given, 'files', 'the directory of the old files'),
      appendOnly: given['append-only'] === undefined ? undefined : given['append-only'] === 'yes',
      checksOnly,
      scratch:
        checksOnly && given.scratch === undefined
          ? undefined
          : pathOf(given, 'scratch', 'the directory that is shared with scratch.sh'),
      port: numberOf(given, 'port', 6379),
      concurrency: numberOf(given, 'concurrency', 1),
      samples: numberOf(given, 'samples', 16),
      // A backup of the servers does not continue it.
      run: { job: process.env.JOB_NAME ?? '', plan: `import ${planHash(context.plan)}` },
    });
    const summary = checksOnly ? outcomesSummary('found', result.outcomes) : summaries.imported(result);
    return { outcomes: outcomesOf(result), summary };
  },

  restore: async (context, given) => {
    const from = (given.from as string | undefined) ?? (process.env[FROM] === '' ? undefined : process.env[FROM]);
    const host = (given.host as string | undefined) ?? process.env.POD_IP ?? '';
    if (host === '')
      throw new UsageError('--host is missing; give the address of this machine, as the shards reach it');
    const { plan, password, destination } = context;
    const sentinels = new Sentinels(plan.sentinels, password);
    try {
      const outcomes = await restore(context, {
        chosen: await chosenBackup(destination, plan.ring, from),
        concurrency: numberOf(given, 'concurrency', 4),
        planHash: planHash(plan),
        run: process.env.JOB_UID ?? randomUUID(),
        host,
        port: numberOf(given, 'port', 7390),
        certificate: certificateOf(given),
        discardsData: given['discard-data'] === true || process.env[DISCARD] === 'yes',
        sentinels,
      });
      return { outcomes, summary: outcomesSummary('restored', outcomes) };
    } finally {
      sentinels.close();
    }
  },

  drill: async (context, given) => {
    const outcomes = await drill(context, {
      chosen: await chosenBackup(context.destination, context.plan.ring, given.from as string | undefined),
      scratch: (given.scratch as string | undefined) ?? '127.0.0.1:6379',
      host: '127.0.0.1',
      port: numberOf(given, 'port', 7390),
    });
    return { outcomes, summary: outcomesSummary('restorable', outcomes) };
  },
};

/** A backup without a manifest is not done, although every shard is. */
function outcomesOf({ outcomes, problem }: BackupResult): Outcome[] {
  const isFailed = problem !== undefined && outcomes.every(({ code }) => code === ExitCode.DONE);
  return isFailed ? outcomes.map((it) => ({ ...it, code: ExitCode.INCOMPLETE, message: problem })) : outcomes;
}

/** Throws a UsageError. */
function certificateOf(given: Given): Certificate | undefined {
  const files = [given['tls-cert'], given['tls-key']];
  if (files.every((file) => file === undefined)) return undefined;
  const [cert, key] = files.map((file) => {
    if (typeof file !== 'string') throw new UsageError('--tls-cert and --tls-key belong together; give both');
    try {
      return fs.readFileSync(file, 'utf8');
    } catch (error) {
      throw new UsageError(`the certificate of this program: ${(error as Error).message}`);
    }
  });
  return { cert, key };
}

function pathOf(given: Given, option: string, what: string): string {
  const path = given[option];
  if (typeof path === 'string' && path !== '') return path;
  throw new UsageError(`--${option} is missing; give ${what}`);
}

runProgram({
  version: VERSION,
  commandLine: COMMAND_LINE,
  readPlan,
  shardsVariable: SHARDS,
  start: async ({ name, given }, plan, run) => {
    const password = passwordOf(given, 'password-file', 'REDIS_PASSWORD');
    const destination = await Destination.open(pathOf(given, 'directory', 'the directory of the backups'), plan.fleet);
    return RUNNERS[name]({ ...run, plan, password, destination }, given);
  },
});
