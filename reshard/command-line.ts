// The command line of the program that moves keys to another ring.

import { CommandLine, type CommandHelp, type Options, TLS_CA } from '../migrator/program/command-line';

const COMMON: Options = {
  plan: { value: 'FILE', help: 'reshard.json: the servers and both rings' },
  current: { value: 'FILE', help: 'the name of the current Job; continue only if JOB_NAME is the same' },
  'password-file': { value: 'FILE', help: 'the password, byte for byte; without it REDIS_PASSWORD is read' },
  ...TLS_CA,
  'cluster-tls-ca': { value: 'FILE', help: 'the same for the nodes of the Redis Cluster, and for them only' },
  json: { help: 'print JSON, one object per line' },
  help: { help: 'print this help' },
};

const PATIENCE = { value: 'SECONDS', isCount: true, help: 'how long to wait until all is copied (60)' };

const DEADLINE = { value: 'MS', isCount: true, help: 'how long nobody may be served during a change (1000)' };

const RATE = {
  value: 'KEYS',
  isCount: true,
  help: 'how many keys a second are copied at first; a KiB of a large value counts as one (10000)',
};

const ORPHANS = {
  help: 'delete copies also if most of them are of keys that the serving ring does not have',
};

const CHANGE_EXIT = {
  refused: 'refused: servers contradict each other; the output says what to do',
  incomplete: 'copy is not running or has not copied all; read its log, and run this again',
};

export const COMMANDS = {
  preflight: {
    help: 'Check whether the servers allow the change, and predict what moves.',
    exit: {
      done: 'the change can begin',
      refused: 'a server does not allow it; the output says what to do',
      incomplete: 'a server cannot be reached; run it again',
    },
    options: { deadline: DEADLINE, rate: RATE },
  },
  compatibility: {
    help: 'Print which commands clients have used that would break, from the statistics of the shards.',
    exit: {
      done: 'none was used',
      refused: 'some were used; the output says how often, and what to change',
      incomplete: 'a server cannot be reached; run it again',
    },
    options: {},
  },
  copy: {
    help: 'Copy the moving keys and what changes, until it is stopped; change over when switch or return asks.',
    exit: {
      done: 'never: it runs until it is stopped',
      refused: 'refused: servers contradict each other, or keys are where neither ring looks for them',
      incomplete: 'it was stopped, or lost a server; run it again, which begins from the start',
    },
    options: {
      deadline: DEADLINE,
      rate: RATE,
      'delete-orphans': ORPHANS,
    },
  },
  verify: {
    help: 'Compare every moving key with its copy while copy runs.',
    exit: {
      done: 'all moving keys are the same on both rings',
      refused: 'keys differ; the output names some',
      incomplete: 'a server cannot be reached, or a change was interrupted; run copy, and then this again',
    },
    options: {},
  },
  switch: {
    help: 'Make ring B serve, by the running copy.',
    exit: { done: 'ring B serves', ...CHANGE_EXIT },
    options: { patience: PATIENCE },
  },
  return: {
    help: 'Make ring A serve again, by the running copy, with all that was written since.',
    exit: { done: 'ring A serves', ...CHANGE_EXIT },
    options: { patience: PATIENCE },
  },
  purge: {
    help: 'Delete the copies on the servers of the ring that does not serve. Stop copy before.',
    exit: {
      done: 'every server has only keys that the serving ring places on it',
      refused: 'refused: servers contradict each other; the output says what to do',
      incomplete: 'a server cannot be reached; run it again',
    },
    options: { 'delete-orphans': ORPHANS },
  },
  status: {
    help: 'Print which ring serves, and what each server is.',
    exit: {
      done: 'one ring serves on all servers',
      refused: 'servers contradict each other',
      incomplete:
        'a change was interrupted, a server cannot be reached, or the Redis Cluster is not in order: run copy',
    },
    options: {},
  },
} satisfies Record<string, CommandHelp>;

export type CommandName = keyof typeof COMMANDS;

export const COMMAND_LINE = new CommandLine<CommandName>({
  program: 'reshard',
  purpose: 'Moves the keys of a live fleet from one ring to another.',
  planFile: 'reshard.json',
  common: COMMON,
  commands: COMMANDS,
  exit: {
    done: 'done',
    refused: 'refused: what was found does not allow it, and a person has to decide',
    incomplete: 'not done; run it again',
  },
});
