// The command line of the failover program.

import { CommandLine, type CommandHelp, METRICS_PORT, type Options, TLS_CA } from '../migrator/program/command-line';

const COMMON: Options = {
  plan: { value: 'FILE', help: 'replicas.json, as the synth wrote it' },
  shards: { value: 'LIST', help: 'only these shards, such as 0-3,7, or the first of them, such as 10%' },
  current: { value: 'FILE', help: 'the name of the current Job; continue only if JOB_NAME is the same' },
  'password-file': { value: 'FILE', help: 'the password, byte for byte; without it REDIS_PASSWORD is read' },
  ...TLS_CA,
  ...METRICS_PORT,
  json: { help: 'print JSON, one object per line' },
  help: { help: 'print this help' },
};

const CONCURRENCY = { value: 'NUMBER', isCount: true, help: 'shards at a time (4)' };

export const COMMANDS = {
  status: {
    help: 'Print where each master is, which server could take over, and what is wrong.',
    exit: {
      done: 'every shard has a master that the Sentinels agree on, and a replica that can take over',
      refused: 'a shard has no master that can be reached, or two; the output says what to do',
      incomplete: 'a shard has a master, but a failover of it is not possible now; the output says why',
    },
    options: {},
  },
  switchover: {
    help: 'Hand the master role to the other server, without loss.',
    exit: {
      done: 'every shard has the wanted master, its other server follows it, and the Sentinels name it',
      refused: 'a shard was refused: its master is lost, there are two, or Sentinel does not monitor it',
      incomplete: 'some shards were skipped: a replica is not in sync, or the Sentinels do not agree; run it again',
    },
    options: {
      to: {
        value: 'SERVER',
        choices: ['a', 'b'],
        help: 'the server that is to be the master; without it, FAILOVER_TO is read, or the one that is not',
      },
      concurrency: CONCURRENCY,
      deadline: { value: 'MS', isCount: true, help: 'how long the writes of a shard may be held (1000)' },
      patience: { value: 'SECONDS', isCount: true, help: 'how long to wait for a shard that is not ready (30)' },
    },
  },
  failover: {
    help: 'Give shards a master whose master is lost: by Sentinel, or with the loss of what only the lost one had.',
    exit: {
      done: 'every shard has a master that the Sentinels agree on',
      refused: 'a shard was refused: its master can be reached (run switchover), or writes would be lost',
      incomplete: 'some shards were skipped: the Sentinels do not agree or cannot be reached; run it again',
    },
    options: {
      to: {
        value: 'SERVER',
        choices: ['a', 'b'],
        help: 'with --accept-data-loss: the server that becomes the master; without it, FAILOVER_TO is read',
      },
      'accept-data-loss': {
        help: 'make the server --to the master with what it has; what only the other one has is lost (also FAILOVER_ACCEPT_DATA_LOSS=yes)',
      },
      concurrency: CONCURRENCY,
    },
  },
} satisfies Record<string, CommandHelp>;

export type CommandName = keyof typeof COMMANDS;

export const COMMAND_LINE = new CommandLine<CommandName>({
  program: 'failover',
  purpose: 'Shows and changes which of the two servers of each shard is the master.',
  planFile: 'replicas.json',
  common: COMMON,
  commands: COMMANDS,
  exit: {
    done: 'done',
    refused: 'refused: what was found does not allow it, and a person has to decide',
    incomplete: 'some shards were skipped; run it again',
  },
});
