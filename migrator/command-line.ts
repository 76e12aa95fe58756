// The command line: commands and their options, as one table that is parsed by and explained from. node:util parses,
// since the whole program has to fit into a ConfigMap that kubectl can apply.

import { parseArgs } from 'node:util';
import { similar } from '../lib/nutcracker/similar';
import { UsageError } from './plan-file';

/** An option: a flag, or one with a value. */
export interface Option {
  /** What the value is, in capitals; a flag has none. */
  readonly value?: string;
  readonly help: string;
  /** The words that it can be. */
  readonly words?: readonly string[];
  /** Whether the value is a whole number from 1. */
  readonly isCount?: boolean;
}

export type Options = Readonly<Record<string, Option>>;

/** Options by name, as they were given. */
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
  current: { value: 'FILE', help: 'the name of the Job that may do this now; go on only if JOB_NAME is the same' },
  'password-file': { value: 'FILE', help: 'the password, byte for byte; without it REDIS_PASSWORD is read' },
  'old-password-file': {
    value: 'FILE',
    help: 'the password of the oldUser of the plan, byte for byte; without it OLD_PASSWORD is read',
  },
  'renamed-commands': { value: 'FILE', help: 'the rename-command lines of the redis.conf of the old servers' },
  json: { help: 'print JSON, an object a line' },
  help: { help: 'print this help' },
};

const HAND_OVER: Options = {
  concurrency: { value: 'NUMBER', isCount: true, help: 'shards at a time; by default as planned' },
  deadline: { value: 'MS', isCount: true, help: 'how long the writes of a shard may be held; by default as planned' },
  hold: {
    value: 'HOW',
    words: ['auto', 'pause', 'fence'],
    help: 'how writes are held: auto (pause from Redis 6.2 on), pause, or fence',
  },
};

const VOLATILE = { help: 'go on where an old server cannot keep its fence over a restart' };

export const COMMANDS = {
  preflight: {
    help: 'Look for whatever could keep the move from going well. Moves nothing.',
    exit: {
      done: 'nothing prevents the migration',
      refused: 'errors were found; fix them, or accept them by an option',
      incomplete: 'some servers did not answer; run it again',
    },

    options: {
      'sample-keys': { value: 'NUMBER', isCount: true, help: 'keys of each shard whose place is checked (200)' },
      'accept-volatile-fence': VOLATILE,
      'accept-renamed-writes': {
        help: 'go on where an old server has other names for writes, which nobody uses meanwhile',
      },
    },
  },
  sync: {
    help: 'Have each new server follow its old one, and wait until it has everything.',
    exit: {
      done: 'every shard is in sync, or has moved',
      refused: 'a shard cannot be synchronized as it is; the output says why',
      incomplete: 'some shards are not in sync yet; run it again',
    },

    options: {
      concurrency: {
        value: 'NUMBER',
        isCount: true,
        help: 'initial synchronizations at a time; by default as planned',
      },
      'per-source-host': { value: 'NUMBER', isCount: true, help: 'of these, from one old host; by default as planned' },
      patience: { value: 'SECONDS', isCount: true, help: 'leave a shard without progress to another run (600)' },
    },
  },
  verify: {
    help: 'Compare old and new, while the new follows the old.',
    exit: {
      done: 'no differences',
      refused: 'differences were found, or a shard cannot be compared as it is',
      incomplete: 'some shards were not compared; run it again',
    },

    options: {
      full: { help: 'compare every key' },
      'sample-keys': { value: 'NUMBER', isCount: true, help: 'keys of each shard that are compared otherwise (1000)' },
      'keys-per-second': { value: 'NUMBER', isCount: true, help: 'how fast one shard is read (2000)' },
      concurrency: { value: 'NUMBER', isCount: true, help: 'shards at a time (4)' },
    },
  },
  cutover: {
    help: 'Move the role of the master, shard after shard.',
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
        help: 'go on while clients are connected to an old server that are not the proxies',
      },
      'accept-volatile-fence': VOLATILE,
      'fence-old': {
        help: 'where both say that they are masters, or somebody else gave one a role: the new one has the right data',
      },
      patience: { value: 'SECONDS', isCount: true, help: 'how long a shard is waited for that is not in sync (30)' },
    },
  },
  rollback: {
    help: 'Go back: before a cutover by detaching, after it by giving the old server its role again.',
    exit: {
      done: 'every shard is served by its old server',
      refused: 'a shard was refused: going back would lose writes, or its servers have other roles than expected',
      incomplete: 'some shards were skipped; run it again',
    },

    options: {
      ...HAND_OVER,
      count: {
        value: 'HOW',
        words: ['all', 'sample', 'none'],
        help: 'how keys that changed are counted: all of them, by a sample where there are many (default), or not',
      },
      'new-is-gone': {
        help: 'where a new server does not answer, and never comes back: with --accept-loss, go back without it',
      },
      'accept-loss': { help: 'go back where that loses what was written since the cutover; says how many keys' },
    },
  },
  status: {
    help: 'Print where every shard stands.',
    exit: {
      done: 'the state of every shard is printed',
      refused: 'the plan, or a server, refuses this program; the output says why',
      incomplete: 'some servers did not answer; the states of the others are printed',
    },
    options: {},
  },
} satisfies Record<string, CommandHelp>;

export type CommandName = keyof typeof COMMANDS;

/** Former names of options, which are read until the next release, and what they are called now. */
const RENAMED: Readonly<Record<string, string | undefined>> = { '--allow-strangers': '--allow-unexpected-clients' };

/** What is to be done; nothing if help was asked for. Throws a UsageError. */
export function parse(args: readonly string[]): { name: CommandName; given: Given } | undefined {
  const [name = 'help', ...rest] = args;
  if (name === 'help' || name.startsWith('-')) return undefined;
  if (!isCommand(name)) throw new UsageError(`${name} is no command; take one of ${Object.keys(COMMANDS).join(', ')}`);
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
  if (given.plan === undefined) throw new UsageError('--plan is missing; name the plan.json that the synth wrote');
  return { name, given };
}

/** Node's own sentence, but for an option that does not exist: it has a remedy that leads nowhere. */
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

/** A count that was given, or what stands for it. */
export function countOf(given: Given, key: string, otherwise: number): number {
  return given[key] === undefined ? otherwise : Number(given[key]);
}

function checkValue(key: string, { isCount, words }: Option, value: string | boolean | undefined): void {
  if (typeof value !== 'string') return;
  if (isCount && !/^[1-9]\d{0,8}$/.test(value)) {
    throw new UsageError(`--${key} is ${JSON.stringify(value)}; write a whole number from 1`);
  }
  if (words && !words.includes(value)) {
    throw new UsageError(`--${key} is ${JSON.stringify(value)}; write ${words.join(' or ')}`);
  }
}

/** The help for one command, or for all. */
export function help(name?: string): string {
  if (name === undefined || !isCommand(name)) {
    return [
      'Usage: migrator COMMAND --plan FILE [options]',
      '',
      'Moves the data of a fleet of Redis servers by its plan, and loses no acknowledged write.',
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
