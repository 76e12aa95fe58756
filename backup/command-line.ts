// The command line of the backup program.

import { CommandLine, type CommandHelp, METRICS_PORT, type Options, TLS_CA } from '../migrator/program/command-line';

const COMMON: Options = {
  plan: { value: 'FILE', help: 'backup.json, as the synth wrote it' },
  directory: {
    value: 'PATH',
    help: 'where the backups are: each in a directory of its own below the name of the fleet',
  },
  shards: { value: 'LIST', help: 'only these shards, such as 0-3,7, or the first of them, such as 10%' },
  current: { value: 'FILE', help: 'the name of the current Job; continue only if JOB_NAME is the same' },
  'password-file': { value: 'FILE', help: 'the password, byte for byte; without it REDIS_PASSWORD is read' },
  json: { help: 'print JSON, one object per line' },
  ...TLS_CA,
  ...METRICS_PORT,
  help: { help: 'print this help' },
};

export const COMMANDS = {
  backup: {
    help: 'Write an RDB file of each shard, from its replica if it has one, and a manifest.',
    exit: {
      done: 'every shard is in the backup; old backups beyond the limits are removed',
      refused: 'the directory cannot be used; nothing was read',
      incomplete: 'some shards are missing, so there is no manifest; the same Job continues it, or --resume',
    },
    options: {
      concurrency: { value: 'NUMBER', isCount: true, help: 'shards at a time (2)' },
      keep: { value: 'NUMBER', isCount: true, help: 'how many complete backups to keep (7)' },
      'keep-days': {
        value: 'NUMBER',
        isCount: true,
        help: 'remove those that are older, but not the newest (no limit)',
      },
      samples: { value: 'NUMBER', isCount: true, help: 'how many keys of each database to note with a digest (16)' },
      resume: { help: 'continue the newest incomplete backup, whichever run began it' },
    },
  },
  import: {
    help: 'Write a backup from the files of the old servers, which restore then loads into the shards.',
    exit: {
      done: 'the backup is complete: every key of every shard was checked; or with --check, every shard has its files',
      refused: 'files are missing, damaged or those of another shard; nothing can be restored from this import',
      incomplete: 'some shards are missing, so there is no manifest; the same Job continues it',
    },
    options: {
      files: { value: 'PATH', help: 'the old files: a directory for each server' },
      'append-only': {
        value: 'YES',
        choices: ['yes', 'no'],
        help: 'whether the AOF of the old servers was on (as their redis.conf says, or the only files that are there)',
      },
      check: { help: 'show the files of each shard, and load nothing (also BACKUP_CHECK=yes)' },
      scratch: { value: 'PATH', help: 'the directory that is shared with scratch.sh: one below it for each server' },
      port: { value: 'NUMBER', isCount: true, help: 'the port of the first server; the others follow (6379)' },
      concurrency: { value: 'NUMBER', isCount: true, help: 'how many servers there are (1)' },
      samples: { value: 'NUMBER', isCount: true, help: 'how many keys of each database to note with a digest (16)' },
    },
  },
  restore: {
    help: 'Load the files of a backup into empty shards, compare them with the manifest, and make them masters.',
    exit: {
      done: 'every chosen shard has the data of the backup',
      refused: 'a shard has other data, the backup is of another ring, or a file is not what the manifest says',
      incomplete: 'some shards were skipped: they cannot be reached, or were interrupted; run it again',
    },
    options: {
      'discard-data': {
        help: 'restore also to shards that have other data, which is deleted (also BACKUP_DISCARD_DATA=yes)',
      },
      from: { value: 'NAME', help: 'the directory of the backup (the newest complete one)' },
      concurrency: { value: 'NUMBER', isCount: true, help: 'shards at a time (4)' },
      host: {
        value: 'ADDRESS',
        help: 'the address of this program, as the shards reach it; without it POD_IP is read',
      },
      port: { value: 'NUMBER', isCount: true, help: 'the first of its ports, one for each shard at a time (7390)' },
      'tls-cert': { value: 'FILE', help: 'serve shards that replicate by TLS, with this certificate' },
      'tls-key': { value: 'FILE', help: 'the key of the certificate' },
    },
  },
  drill: {
    help: 'Try a backup: load the file of each shard into an empty server of no fleet, and compare it with the manifest.',
    exit: {
      done: 'the backup can be restored: each file was loaded, and has the keys of the manifest',
      refused: 'a file is damaged or has other keys than the manifest says, or the server is not empty',
      incomplete: 'some files were not tried: the server cannot be reached, or cannot load them',
    },
    options: {
      from: { value: 'NAME', help: 'the directory of the backup (the newest complete one)' },
      scratch: { value: 'ADDRESS', help: 'the empty server, which is shut down at the end (127.0.0.1:6379)' },
      port: { value: 'NUMBER', isCount: true, help: 'the port of this program, for that server (7390)' },
    },
  },
} satisfies Record<string, CommandHelp>;

export type CommandName = keyof typeof COMMANDS;

export const COMMAND_LINE = new CommandLine<CommandName>({
  program: 'backup',
  purpose: 'Backs up the shards of a fleet, and restores them.',
  planFile: 'backup.json',
  common: COMMON,
  commands: COMMANDS,
  exit: {
    done: 'done',
    refused: 'refused: what was found does not allow it, and a person has to decide',
    incomplete: 'some shards were skipped; run it again',
  },
});
