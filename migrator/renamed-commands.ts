// The names that old servers gave to commands. Whoever knows them may do everything, so they come as the password does: in a
// file, from a Secret, and no message repeats them.

import * as fs from 'node:fs';
import { linesOf } from '../lib/redis/config/text';
import { UsageError } from './plan-file';

/** Who sends a command under its own name, and cannot be told another. */
const PLAIN: Partial<Record<string, string>> = {
  AUTH: 'the bridge and the shards send it',
  INFO: 'the bridge asks each server for its role with it',
  PING: 'the shards send it when they follow',
  PSYNC: 'the shards send it when they follow',
  REPLCONF: 'the shards send it when they follow',
};

/** Other names by the own ones in capitals, of a file that has the `rename-command` lines of redis.conf. Throws a UsageError. */
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
      refuse('it is no rename-command with two names; keep the other lines of a redis.conf out of this file');
    }
    const own = command.toUpperCase();
    if (name.toUpperCase() === own) continue;
    const why = PLAIN[own];
    if (why !== undefined) {
      const remedy = 'take that rename-command out of the old servers, and restart them';
      refuse(`it renames ${own}, but ${why} under its own name; ${remedy}`);
    }
    // Without a name the server has no such command; preflight finds whether one is missed.
    if (name !== '') renamed[own] = name;
  }
  return renamed;
}
