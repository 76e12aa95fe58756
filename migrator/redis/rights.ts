// What a user of an old server has to be allowed, from the commands that it is sent: by this program, by the bridge, and by
// a new server that follows it. test/move/rights.test.ts holds this table against what a server counts during whole moves.

import { type CommandLine, type RedisServer, ServerError, rethrowUnreachable } from './server';

/**
 * A command for each right. They are put into a MULTI that is never executed, and would do nothing if they were: what a
 * server refuses there, it would refuse later as well.
 */
const SENT: readonly CommandLine[] = [
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

/** More where the old server is to follow the new one, closed to readers. */
const SENT_TO_FOLLOWERS: readonly CommandLine[] = [
  ['ACL', 'DELUSER', 'none'],
  ['ACL', 'SAVE'],
  ['ACL', 'SETUSER', 'default', 'none'],
];

/** What cannot stand in a MULTI, and would do nothing: a master takes no failover, and there is no transaction to execute. */
const SENT_ALONE: readonly CommandLine[] = [
  ['EXEC'],
  ['PSYNC', 'none', '-1', 'FAILOVER'],
  ['REPLCONF', 'listening-port', 'none'],
  ['MULTI'],
];

/** Commands whose rights are given by their subcommand. */
const CONTAINERS = ['ACL', 'CLIENT', 'CONFIG', 'MODULE', 'PUBSUB', 'XINFO'];

/** The rights as ACL SETUSER takes them, in the order of the alphabet; besides, the user needs every key (`~*`). */
export function rightsFor(keepLegacyInSync: boolean): string[] {
  return [...new Set([...commandsFor(keepLegacyInSync), ...SENT_ALONE].map(rightOf))].sort();
}

/**
 * Of these rights, those that the server does not give to the user of the connection. A server before 6.0 has no users. Throws
 * a ServerError if it goes away.
 */
export async function missingRights(server: RedisServer, keepLegacyInSync: boolean): Promise<string[]> {
  return server.withOwnConnection(async (own) => {
    const alone = await own.each(SENT_ALONE);
    const missing = refusedOf(SENT_ALONE, alone);
    // Outside of a transaction the commands would be run.
    if (alone.at(-1) !== 'OK') return missing;
    const sent = commandsFor(keepLegacyInSync);
    return [...new Set([...missing, ...refusedOf(sent, await own.each(sent))])].sort();
  });
}

function refusedOf(sent: readonly CommandLine[], answers: readonly unknown[]): string[] {
  for (const answer of answers) if (answer instanceof Error) rethrowUnreachable(answer);
  return sent.flatMap((command, i) => {
    const answer = answers[i];
    if (!(answer instanceof ServerError) || !answer.isAboutRights) return [];
    return [/ to access .*\bkey/.test(answer.message) ? '~*' : rightOf(command)];
  });
}

/** What to tell a person about it. */
export function missingRightsAdvice(server: RedisServer, rights: readonly string[]): string {
  const { user } = server;
  const commands = rights.map((right) => (right === '~*' ? 'to use every key' : commandOf(right)));
  const grant = `ACL SETUSER ${user} ${rights.join(' ')}`;
  return `user ${user} of ${server.address} lacks rights: ${commands.join(', ')}; run there ${grant}, and keep that (ACL SAVE where it has an aclfile, else CONFIG REWRITE)`;
}

function commandsFor(keepLegacyInSync: boolean): readonly CommandLine[] {
  return keepLegacyInSync ? [...SENT, ...SENT_TO_FOLLOWERS] : SENT;
}

function rightOf([command, subcommand]: CommandLine): string {
  const name = command.toLowerCase();
  return CONTAINERS.includes(command) ? `+${name}|${String(subcommand).toLowerCase()}` : `+${name}`;
}

/** `CONFIG GET` */
function commandOf(right: string): string {
  return right.slice(1).replace('|', ' ').toUpperCase();
}
