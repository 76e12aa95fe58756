// passwords: changes the password of a fleet without a restart of its servers. Its only state is what the servers and Sentinels
// accept, so every command can be killed at any time and run again.

import { type ShardServers } from '../lib/passwords/password-plan';
import { type Given, numberOf } from '../migrator/program/command-line';
import { isNetwork } from '../migrator/program/plan-rules';
import { passwordOf, runProgram } from '../migrator/program/run';
import { UsageError } from '../migrator/program/usage-error';
import { Networks } from '../migrator/redis/clients';
import { COMMAND_LINE, type CommandName } from './command-line';
import { apply } from './commands/apply';
import { type Context, type Outcomes } from './commands/context';
import { retire } from './commands/retire';
import { status } from './commands/status';
import { allOf, summary } from './commands/summaries';
import { readPlan } from './plan-file';
import { proxyTrust } from './proxy-trust';
import { Secret } from './servers/secret';

/** Replaced when the program is built. */
declare const VERSION: string;

const RUNNERS: Record<CommandName, (context: Context, given: Given) => Promise<Outcomes>> = {
  status,
  apply: (context, given) => apply(context, { concurrency: numberOf(given, 'concurrency', 16) }),
  retire: (context, given) =>
    retire(context, {
      watchMs: numberOf(given, 'watch', 45) * 1000,
      trusted: trustedIn(given),
    }),
};

/** Throws a UsageError. */
function trustedIn({ trust }: Given): Networks {
  const networks = typeof trust === 'string' ? trust.split(',') : [];
  const wrong = networks.find((network) => !isNetwork(network));
  if (wrong === undefined) return new Networks(networks);
  throw new UsageError(`--trust has ${JSON.stringify(wrong)}; write networks such as 10.8.0.0/16,10.9.0.1/32`);
}

/** Throws a UsageError. */
function secretIn(given: Given): Secret {
  const current = passwordOf(given, 'password-file', 'REDIS_PASSWORD');
  const second = passwordOf(given, 'second-password-file', 'SECOND_PASSWORD');
  if (current !== undefined) return new Secret(current, second);
  throw new UsageError('there is no password; set REDIS_PASSWORD, or give --password-file');
}

runProgram<CommandName, Context['plan'] & { readonly shards: readonly ShardServers[] }>({
  version: VERSION,
  commandLine: COMMAND_LINE,
  readPlan,
  // A password is the same on all shards.
  shardsVariable: 'PASSWORDS_SHARDS',
  start: async ({ name, given }, plan, run) => {
    const context = { ...run, plan, proxyTrust: proxyTrust(plan, given), secret: secretIn(given) };
    const outcomes = await RUNNERS[name](context, given);
    return { outcomes: allOf(outcomes), summary: summary(outcomes) };
  },
});
