// The command line of the migrator.

import { CommandLine, type CommandHelp, METRICS_PORT, OLD_TLS, type Options, TLS_CA } from './program/command-line';

const COMMON: Options = {
  plan: { value: 'FILE', help: 'plan.json, as the synth wrote it' },
  shards: { value: 'LIST', help: 'only these shards, such as 0-3,7, or the first of them, such as 10%' },
  current: { value: 'FILE', help: 'the name of the current Job; continue only if JOB_NAME is the same' },
  'password-file': { value: 'FILE', help: 'the password, byte for byte; without it REDIS_PASSWORD is read' },
  'old-password-file': {
    value: 'FILE',
    help: 'the password of the oldUser of the plan, byte for byte; without it OLD_PASSWORD is read',
  },
  'renamed-commands': { value: 'FILE', help: 'the rename-command lines of the redis.conf of the old servers' },
  ...TLS_CA,
  ...OLD_TLS,
  ...METRICS_PORT,
  json: { help: 'print JSON, one object per line' },
  help: { help: 'print this help' },
};

const HAND_OVER: Options = {
  concurrency: { value: 'NUMBER', isCount: true, help: 'shards at a time; defaults to the plan' },
  deadline: { value: 'MS', isCount: true, help: 'how long the writes of a shard may be held; defaults to the plan' },
  hold: {
    value: 'HOW',
    choices: ['auto', 'pause', 'fence'],
    help: 'how writes are held: auto (pause from Redis 6.2 on), pause, or fence',
  },
};

const VOLATILE = { help: 'continue if a restart of an old server would remove its fence' };

export const COMMANDS = {
  preflight: {
    help: 'Check the requirements of the migration. Moves nothing.',
    exit: {
      done: 'nothing prevents the migration',
      refused: 'errors were found; fix them, or accept them with an option',
      incomplete: 'some servers could not be reached; run it again',
    },

    options: {
      'sample-keys': { value: 'NUMBER', isCount: true, help: 'keys of each shard whose place is checked (200)' },
      'accept-volatile-fence': VOLATILE,
      'accept-renamed-writes': {
        help: 'continue if an old server has renamed write commands, which no client uses meanwhile',
      },
    },
  },
  sync: {
    help: 'Make each new server follow its old one, and wait until it is in sync.',
    exit: {
      done: 'every shard is in sync, or has moved',
      refused: 'a shard cannot be synchronized as it is; the output says why',
      incomplete: 'some shards are not in sync yet; run it again',
    },

    options: {
      concurrency: {
        value: 'NUMBER',
        isCount: true,
        help: 'initial synchronizations at a time; defaults to the plan',
      },
      'per-source-host': { value: 'NUMBER', isCount: true, help: 'of these, from one old host; defaults to the plan' },
      patience: { value: 'SECONDS', isCount: true, help: 'skip a shard after this time without progress (600)' },
    },
  },
  verify: {
    help: 'Compare the data of old and new servers while the new ones follow.',
    exit: {
      done: 'no differences',
      refused: 'differences were found, or a shard cannot be compared as it is',
      incomplete: 'some shards were not compared; run it again',
    },

    options: {
      full: { help: 'compare every key' },
      'sample-keys': { value: 'NUMBER', isCount: true, help: 'keys of each shard to compare otherwise (1000)' },
      'keys-per-second': { value: 'NUMBER', isCount: true, help: 'maximum read rate per shard (2000)' },
      concurrency: { value: 'NUMBER', isCount: true, help: 'shards at a time (4)' },
    },
  },
  cutover: {
    help: 'Hand the master role to the new servers, one shard after another.',
    exit: {
      done: 'every shard is served by its new server',
      refused:
        'a shard was refused (unexpected clients, a fence that a restart would remove, Sentinel); the output says why',
      incomplete: 'some shards were skipped; run it again',
    },

    options: {
      ...HAND_OVER,
      canary: { help: 'move one shard, watch it, and only then move the others' },
      watch: { value: 'SECONDS', isCount: true, help: 'how long the first one is watched (10)' },
      'allow-unexpected-clients': {
        help: 'continue while clients other than the proxies are connected to an old server',
      },
      'accept-volatile-fence': VOLATILE,
      'fence-old': {
        help: 'if both servers are masters, or another program changed a role: the new server has the right data',
      },
      patience: { value: 'SECONDS', isCount: true, help: 'how long to wait for a shard that is not in sync (30)' },
    },
  },
  rollback: {
    help: 'Return to the old servers: detach the new ones before a cutover, hand the master role back after it.',
    exit: {
      done: 'every shard is served by its old server',
      refused: 'a shard was refused: a rollback would lose writes, or its servers have unexpected roles',
      incomplete: 'some shards were skipped; run it again',
    },

    options: {
      ...HAND_OVER,
      count: {
        value: 'HOW',
        choices: ['all', 'sample', 'none'],
        help: 'how changed keys are counted: all, by a sample if there are many (default), or not at all',
      },
      'new-is-gone': {
        help: 'if a new server is lost for good: with --accept-loss, roll back without it',
      },
      'accept-loss': { help: 'roll back even if writes since the cutover are lost; prints the number of keys' },
    },
  },
  status: {
    help: 'Print the state of every shard.',
    exit: {
      done: 'the state of every shard is printed',
      refused: 'the plan, or a server, refuses this program; the output says why',
      incomplete: 'some servers could not be reached; the states of the others are printed',
    },
    options: {},
  },
} satisfies Record<string, CommandHelp>;

export type CommandName = keyof typeof COMMANDS;

/** Former names of options, accepted until the next release, and their new names. */
const RENAMED: Readonly<Record<string, string | undefined>> = { '--allow-strangers': '--allow-unexpected-clients' };

export const COMMAND_LINE = new CommandLine<CommandName>({
  program: 'migrator',
  purpose: 'Moves the data of a fleet of Redis servers by its plan, without loss of acknowledged writes.',
  planFile: 'plan.json',
  common: COMMON,
  commands: COMMANDS,
  exit: {
    done: 'done',
    refused: 'refused: what was found does not allow it, and a person has to decide',
    incomplete: 'some shards were skipped; run it again',
  },
  renamed: RENAMED,
});
