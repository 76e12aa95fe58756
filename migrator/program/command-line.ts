// The command line of a program: a table of commands and options for parsing and help. It is parsed with node:util, since the
// program has to fit into a ConfigMap that kubectl can apply.

import { parseArgs } from 'node:util';
import { similar } from '../../lib/nutcracker/similar';
import { UsageError } from './usage-error';

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

/** The option of every command with which a Job exports its progress. */
export const METRICS_PORT: Readonly<Record<'metrics-port', Option>> = {
  'metrics-port': { value: 'PORT', isCount: true, help: 'export the progress for Prometheus at /metrics of this port' },
};

/** The option of commands that connect to servers with TLS. */
export const TLS_CA: Readonly<Record<'tls-ca', Option>> = {
  'tls-ca': { value: 'FILE', help: 'connect by TLS, to servers with a certificate of an authority in this file only' },
};

/** The same for the old servers of a migration. */
export const OLD_TLS: Readonly<Record<'old-tls-ca' | 'old-tls-cert' | 'old-tls-key', Option>> = {
  'old-tls-ca': { value: 'FILE', help: 'the same for the old servers, if the plan says that they have TLS' },
  'old-tls-cert': { value: 'FILE', help: 'a certificate for old servers that require one' },
  'old-tls-key': { value: 'FILE', help: 'its key' },
};

/** The same for the proxies of a fleet. */
export const PROXY_TLS: Readonly<Record<'proxy-tls-ca' | 'proxy-tls-cert' | 'proxy-tls-key', Option>> = {
  'proxy-tls-ca': { value: 'FILE', help: 'the same for the proxies, if the plan says that they have TLS' },
  'proxy-tls-cert': { value: 'FILE', help: 'a certificate for proxies that require one' },
  'proxy-tls-key': { value: 'FILE', help: 'its key' },
};

export type Options = Readonly<Record<string, Option>>;

/** The given options, by name. */
export type Given = Readonly<Record<string, string | boolean | undefined>>;

export interface CommandHelp {
  readonly help: string;
  readonly options: Options;
  /** What exit codes 0, 3 and 4 mean; the others mean the same for every command. */
  readonly exit: Readonly<Record<'done' | 'refused' | 'incomplete', string>>;
}

/** The command line of a program. */
export interface CommandLineTable<Name extends string> {
  /** The name of the program. */
  readonly program: string;
  /** What it does. */
  readonly purpose: string;
  /** The file of its plan. */
  readonly planFile: string;
  readonly common: Options;
  readonly commands: Readonly<Record<Name, CommandHelp>>;
  /** What the exit codes mean for the program as a whole. */
  readonly exit: CommandHelp['exit'];
  /** Former names of options, and their new names. */
  readonly renamed?: Readonly<Record<string, string | undefined>>;
}

/** A command and its options. */
export interface Parsed<Name> {
  readonly name: Name;
  readonly given: Given;
}

export class CommandLine<Name extends string> {
  constructor(private readonly table: CommandLineTable<Name>) {}

  /** The command and its options; undefined if help was requested. Throws a UsageError. */
  parse(args: readonly string[]): Parsed<Name> | undefined {
    const { program, planFile, common, commands, renamed = {} } = this.table;
    const [name = 'help', ...rest] = args;
    if (name === 'help' || name.startsWith('-')) return undefined;
    if (!this.isCommand(name))
      throw new UsageError(`${name} is not a command; use one of ${Object.keys(commands).join(', ')}`);
    const options: Options = { ...common, ...commands[name].options };
    const types = Object.entries(options).map(
      ([key, { value }]) => [key, { type: value ? 'string' : 'boolean' }] as const,
    );
    let given: Given;
    try {
      given = parseArgs({
        args: rest.map((arg) => renamed[arg] ?? arg),
        options: Object.fromEntries(types),
        strict: true,
      }).values;
    } catch (error) {
      throw new UsageError(`${parseErrorText(name, error, Object.keys(options))}; see ${program} ${name} --help`);
    }
    if (given.help === true) return undefined;
    for (const [key, option] of Object.entries(options)) checkValue(key, option, given[key]);
    if (given.plan === undefined) throw new UsageError(`--plan is missing; give the ${planFile} that the synth wrote`);
    return { name, given };
  }

  isCommand(name: string): name is Name {
    return Object.hasOwn(this.table.commands, name);
  }

  /** The help for one command, or for the program. */
  help(name?: string): string {
    const { program, purpose, common, commands, exit: exitOfAny } = this.table;
    if (name === undefined || !this.isCommand(name)) {
      return [
        `Usage: ${program} COMMAND --plan FILE [options]`,
        '',
        purpose,
        '',
        ...Object.entries<CommandHelp>(commands).map(([command, { help }]) => `  ${command.padEnd(10)} ${help}`),
        '',
        `${program} COMMAND --help explains its options.`,
        ...exitCodeLines(program, exitOfAny),
      ].join('\n');
    }
    const { help, options, exit } = commands[name];
    return [
      `Usage: ${program} ${name} --plan FILE [options]`,
      '',
      help,
      '',
      ...optionLines({ ...common, ...options }),
      ...exitCodeLines(program, exit),
    ].join('\n');
  }
}

/** Node's own message, except where its advice does not help: for an unknown option, and one without a value. */
function parseErrorText(command: string, error: unknown, known: readonly string[]): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const given = /'--?([^' ]+)[^']*'/.exec(message)?.[1];
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' && given !== undefined && !message.includes('does not take')) {
    return `--${given} has no value, or one that begins with "-"; write --${given}=VALUE`;
  }
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION' || given === undefined) return message;
  const meant = similar(given, known);
  return `${command} has no option --${given}${meant === undefined ? '' : `; did you mean --${meant}`}`;
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

function optionLines(options: Options): string[] {
  return Object.entries(options).map(([key, { value, help: text }]) => {
    const flag = value === undefined ? `--${key}` : `--${key} ${value}`;
    return `  ${flag.padEnd(26)} ${text}`;
  });
}

function exitCodeLines(program: string, { done, refused, incomplete }: CommandHelp['exit']): string[] {
  return [
    '',
    'Exit codes:',
    `  0  ${done}`,
    '  1  a defect of this program',
    '  2  the command line or the plan is wrong; nothing was done',
    `  3  ${refused}`,
    `  4  ${incomplete}`,
    `  5  another ${program} is working on some shards`,
    '',
    'Every command can be killed at any time and run again.',
  ];
}
