// The rights that a user of an old server needs, from the commands that this program, the bridge and a new server that
// follows send. test/move/rights.test.ts compares this table with the commands that a server counts during migrations.

import { type CommandLine, type RedisServer, ServerError, rethrowUnreachable } from './server';

/**
 * A command for each right. They are queued in a MULTI that is never executed, and would do nothing if they were: what a
 * server refuses there, it would refuse later as well.
 */
const COMMANDS: readonly CommandLine[] = [
  // the bridge
  ['INFO'],
  // a new server that follows
  ['PING'],
  // this program, about the server
  ['ACL', 'LIST'],
  ['ACL', 'USERS'],
  ['BGSAVE'],
  ['CLIENT', 'KILL', 'TYPE', 'none'],
  ['CLIENT', 'LIST'],
  ['CLIENT', 'PAUSE', 'none'],
  ['CLIENT', 'SETNAME', 'none'],
  ['CLIENT', 'UNPAUSE'],
  ['COMMAND'],
  ['CONFIG', 'GET', 'none'],
  ['CONFIG', 'REWRITE'],
  ['CONFIG', 'SET', 'none', ''],
  ['MODULE', 'LIST'],
  ['PUBSUB', 'NUMSUB', 'none'],
  ['REPLICAOF', 'none', 'none'],
  ['TIME'],
  // this program, about the data
  ['DUMP', 'none'],
  ['EXISTS', 'none'],
  ['GETRANGE', 'none', 0, 0],
  ['HSCAN', 'none', 0],
  ['LRANGE', 'none', 0, 0],
  ['PTTL', 'none'],
  ['RANDOMKEY'],
  ['SCAN', 0],
  ['SELECT', 0],
  ['SSCAN', 'none', 0],
  ['TYPE', 'none'],
  ['WATCH', 'none'],
  ['XINFO', 'GROUPS', 'none'],
  ['XINFO', 'STREAM', 'none'],
  ['XPENDING', 'none', 'none'],
  ['XRANGE', 'none', '-', '+'],
  ['ZRANGE', 'none', 0, 0],
];

/** Also sent if the old server is to follow the new one, closed to reads. */
const FOLLOWER_COMMANDS: readonly CommandLine[] = [
  ['ACL', 'DELUSER', 'none'],
  ['ACL', 'SAVE'],
  ['ACL', 'SETUSER', 'default', 'none'],
];

/** Commands that MULTI does not allow and that do nothing: a master rejects the failover, and there is no transaction. */
const COMMANDS_OUTSIDE_MULTI: readonly CommandLine[] = [
  ['EXEC'],
  ['PSYNC', 'none', '-1', 'FAILOVER'],
  ['REPLCONF', 'listening-port', 'none'],
  ['MULTI'],
];

/** Commands whose rights are granted by subcommand. */
const CONTAINERS = ['ACL', 'CLIENT', 'CONFIG', 'MODULE', 'PUBSUB', 'XINFO'];

/** The rights as ACL SETUSER takes them, sorted. The user also needs every key (`~*`). */
export function rightsFor(keepLegacyInSync: boolean): string[] {
  return [...new Set([...commandsFor(keepLegacyInSync), ...COMMANDS_OUTSIDE_MULTI].map(rightOf))].sort();
}

/** The rights that the user of the connection lacks; before 6.0 there are no users. Throws a ServerError if the server goes away. */
export async function missingRights(server: RedisServer, keepLegacyInSync: boolean): Promise<string[]> {
  return server.withOwnConnection(async (own) => {
    const results = await own.each(COMMANDS_OUTSIDE_MULTI);
    const missing = refusedRights(COMMANDS_OUTSIDE_MULTI, results);
    // Without MULTI the server would run the commands.
    if (results.at(-1) !== 'OK') return missing;
    const commands = commandsFor(keepLegacyInSync);
    return [...new Set([...missing, ...refusedRights(commands, await own.each(commands))])].sort();
  });
}

function refusedRights(commands: readonly CommandLine[], results: readonly unknown[]): string[] {
  for (const result of results) if (result instanceof Error) rethrowUnreachable(result);
  return commands.flatMap((command, i) => {
    const result = results[i];
    if (!(result instanceof ServerError) || !result.isAboutRights) return [];
    return [/ to access .*\bkey/.test(result.message) ? '~*' : rightOf(command)];
  });
}

/** The message for an operator. */
export function missingRightsAdvice(server: RedisServer, rights: readonly string[]): string {
  const { user } = server;
  const commands = rights.map((right) => (right === '~*' ? 'access to every key' : commandOf(right)));
  const grant = `ACL SETUSER ${user} ${rights.join(' ')}`;
  return `user ${user} of ${server.address} lacks rights: ${commands.join(', ')}; run on that server ${grant}, and save it (ACL SAVE if it has an aclfile, otherwise CONFIG REWRITE)`;
}

function commandsFor(keepLegacyInSync: boolean): readonly CommandLine[] {
  return keepLegacyInSync ? [...COMMANDS, ...FOLLOWER_COMMANDS] : COMMANDS;
}

function rightOf([command, subcommand]: CommandLine): string {
  const name = command.toLowerCase();
  return CONTAINERS.includes(command) ? `+${name}|${String(subcommand).toLowerCase()}` : `+${name}`;
}

/** `+config|get` -> `CONFIG GET` */
function commandOf(right: string): string {
  return right.slice(1).replace('|', ' ').toUpperCase();
}
