// The new names of renamed commands on old servers. They give full access, so they are treated like the password: read from
// a file of a Secret, and never printed.

import * as fs from 'node:fs';
import { linesOf } from '../lib/redis/config/text';
import { UsageError } from './program/usage-error';

/** Commands that programs send under their original names, and the programs. */
const NOT_RENAMABLE: Partial<Record<string, string>> = {
  AUTH: 'the bridge and the shards send it',
  INFO: 'the bridge sends it to find the role of each server',
  PING: 'the shards send it as replicas',
  PSYNC: 'the shards send it as replicas',
  REPLCONF: 'the shards send it as replicas',
};

/** Reads the `rename-command` lines of a redis.conf: new names by original name in capitals. Throws a UsageError. */
export function readRenamedCommands(file: string): Readonly<Record<string, string>> {
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(file);
  } catch (error) {
    throw new UsageError(`--renamed-commands: ${(error as Error).message}`);
  }
  const renamed: Record<string, string> = {};
  for (const { number, words, problem } of linesOf(bytes)) {
    const [directive, command = '', name = ''] = words;
    const refuse = (why: string): never => {
      throw new UsageError(`--renamed-commands: ${file}:${number}: ${why}`);
    };
    if (problem !== undefined) refuse(problem);
    if (directive !== 'rename-command' || words.length !== 3) {
      refuse('it is not a rename-command with two names; remove other lines of redis.conf from this file');
    }
    const own = command.toUpperCase();
    if (name.toUpperCase() === own) continue;
    const why = NOT_RENAMABLE[own];
    if (why !== undefined) {
      const remedy = 'remove that rename-command from the old servers, and restart them';
      refuse(`it renames ${own}, but ${why} under its original name; ${remedy}`);
    }
    // An empty name disables the command; preflight finds out whether it is needed.
    if (name !== '') renamed[own] = name;
  }
  return renamed;
}
