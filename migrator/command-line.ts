// The command line: a table of commands and options for parsing and help. It is parsed with node:util, since the program has
// to fit into a ConfigMap that kubectl can apply.

import { parseArgs } from 'node:util';
import { similar } from '../lib/nutcracker/similar';
import { UsageError } from './plan-file';

/** An option: a flag, or an option with a value. */
export interface Option {
  /** The name of the value, in capitals; a flag has none. */
  readonly value?: string;
  readonly help: string;
  /** The allowed values. */
  readonly choices?: readonly string[];
  /** Whether the value is a whole number from 1. */
  readonly isCount?: boolean;
}

export type Options = Readonly<Record<string, Option>>;

/** The given options, by name. */
export type Given = Readonly<Record<string, string | boolean | undefined>>;

export interface CommandHelp {
  readonly help: string;
  readonly options: Options;
  /** What exit codes 0, 3 and 4 mean; the others mean the same for every command. */
  readonly exit: Readonly<Record<'done' | 'refused' | 'incomplete', string>>;
}

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

/** The command and its options; undefined if help was requested. Throws a UsageError. */
export function parse(args: readonly string[]): { name: CommandName; given: Given } | undefined {
  const [name = 'help', ...rest] = args;
  if (name === 'help' || name.startsWith('-')) return undefined;
  if (!isCommand(name))
    throw new UsageError(`${name} is not a command; use one of ${Object.keys(COMMANDS).join(', ')}`);
  const options: Options = { ...COMMON, ...COMMANDS[name].options };
  const types = Object.entries(options).map(
    ([key, { value }]) => [key, { type: value ? 'string' : 'boolean' }] as const,
  );
  let given: Given;
  try {
    given = parseArgs({
      args: rest.map((arg) => RENAMED[arg] ?? arg),
      options: Object.fromEntries(types),
      strict: true,
    }).values;
  } catch (error) {
    throw new UsageError(`${parseErrorText(name, error, Object.keys(options))}; see migrator ${name} --help`);
  }
  if (given.help === true) return undefined;
  for (const [key, option] of Object.entries(options)) checkValue(key, option, given[key]);
  if (given.plan === undefined) throw new UsageError('--plan is missing; give the plan.json that the synth wrote');
  return { name, given };
}

/** Node's own message, except for an unknown option, where its advice does not help. */
function parseErrorText(command: string, error: unknown, known: readonly string[]): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const given = /'--?([^']+)'/.exec(message)?.[1];
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION' || given === undefined) return message;
  const meant = similar(given, known);
  return `${command} has no option --${given}${meant === undefined ? '' : `; did you mean --${meant}`}`;
}

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

/** The value of a numeric option, or its default. */
export function numberOf(given: Given, key: string, defaultValue: number): number {
  return given[key] === undefined ? defaultValue : Number(given[key]);
}

function checkValue(key: string, { isCount, choices }: Option, value: string | boolean | undefined): void {
  if (typeof value !== 'string') return;
  if (isCount && !/^[1-9]\d{0,8}$/.test(value)) {
    throw new UsageError(`--${key} is ${JSON.stringify(value)}; write a whole number from 1`);
  }
  if (choices && !choices.includes(value)) {
    throw new UsageError(`--${key} is ${JSON.stringify(value)}; write ${choices.join(' or ')}`);
  }
}

/** The help for one command, or for the program. */
export function help(name?: string): string {
  if (name === undefined || !isCommand(name)) {
    return [
      'Usage: migrator COMMAND --plan FILE [options]',
      '',
      'Moves the data of a fleet of Redis servers by its plan, without loss of acknowledged writes.',
      '',
      ...Object.entries(COMMANDS).map(([command, { help: text }]) => `  ${command.padEnd(10)} ${text}`),
      '',
      'migrator COMMAND --help explains its options.',
      ...exitCodeLines({
        done: 'done',
        refused: 'refused: what was found does not allow it, and a person has to decide',
        incomplete: 'some shards were skipped; run it again',
      }),
    ].join('\n');
  }
  const { help: text, options, exit } = COMMANDS[name];
  return [
    `Usage: migrator ${name} --plan FILE [options]`,
    '',
    text,
    '',
    ...optionLines({ ...COMMON, ...options }),
    ...exitCodeLines(exit),
  ].join('\n');
}

function optionLines(options: Options): string[] {
  return Object.entries(options).map(([key, { value, help: text }]) => {
    const flag = value === undefined ? `--${key}` : `--${key} ${value}`;
    return `  ${flag.padEnd(26)} ${text}`;
  });
}

function exitCodeLines({ done, refused, incomplete }: CommandHelp['exit']): string[] {
  return [
    '',
    'Exit codes:',
    `  0  ${done}`,
    '  1  a defect of this program',
    '  2  the command line or the plan is wrong; nothing was done',
    `  3  ${refused}`,
    `  4  ${incomplete}`,
    '  5  another migrator is working on some shards',
    '',
    'Every command can be killed at any time and run again.',
  ];
}
