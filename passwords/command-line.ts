// The command line of the passwords program.

import {
  CommandLine,
  type CommandHelp,
  METRICS_PORT,
  type Options,
  PROXY_TLS,
  TLS_CA,
} from '../migrator/program/command-line';

const COMMON: Options = {
  plan: { value: 'FILE', help: 'passwords.json, as the synth wrote it' },
  current: { value: 'FILE', help: 'the name of the current Job; continue only if JOB_NAME is the same' },
  'password-file': { value: 'FILE', help: 'the password, byte for byte; without it REDIS_PASSWORD is read' },
  'second-password-file': { value: 'FILE', help: 'the second password; without it SECOND_PASSWORD is read' },
  json: { help: 'print JSON, one object per line' },
  ...TLS_CA,
  ...PROXY_TLS,
  ...METRICS_PORT,
  help: { help: 'print this help' },
};

const CONCURRENCY = { value: 'NUMBER', isCount: true, help: 'shards at a time (16)' };

export const COMMANDS = {
  status: {
    help: 'Print which passwords the running servers and Sentinels accept, and what is left to do.',
    exit: {
      done: 'all of them accept and send the passwords of the Secret, and no other',
      refused: 'a server accepts neither password of the Secret; the output says what to do',
      incomplete: 'some differ from the Secret, or cannot be reached; the output says what to do',
    },
    options: {},
  },
  apply: {
    help: 'Make the running servers and Sentinels accept both passwords of the Secret, and send the first one. Removes none.',
    exit: {
      done: 'all of them accept both passwords, and send the first one',
      refused: 'a server accepts neither password of the Secret, or is older than Redis 6',
      incomplete: 'some cannot be reached; run it again before the next step',
    },
    options: { concurrency: CONCURRENCY },
  },
  retire: {
    help: 'Remove every password but the first one of the Secret. Gives one that is still in use back at once.',
    exit: {
      done: 'all of them accept only the first password of the Secret, and nobody was rejected',
      refused: 'something still uses another password, or may do so; the output names it, and nothing is removed',
      incomplete: 'some cannot be reached, and nothing is removed; run it again',
    },
    options: {
      watch: { value: 'SECONDS', isCount: true, help: 'how long to look for rejected clients (45)' },
      trust: {
        value: 'NETWORKS',
        help: 'networks of clients that are no proxies and have the first password: 10.8.0.0/16,…',
      },
    },
  },
} satisfies Record<string, CommandHelp>;

export type CommandName = keyof typeof COMMANDS;

export const COMMAND_LINE = new CommandLine<CommandName>({
  program: 'passwords',
  purpose: 'Changes the password of a fleet without a restart of its servers.',
  planFile: 'passwords.json',
  common: COMMON,
  commands: COMMANDS,
  exit: {
    done: 'done',
    refused: 'refused: what was found does not allow it, and a person has to decide',
    incomplete: 'some shards were skipped; run it again',
  },
});
