// Keeps readers from an old server that follows the new one: a synchronized replica would answer them, with older values
// at times. Only replication reads there. The commands that its default user had are kept in a user that nobody can be.

import { type CommandLine, type RedisServer, rethrowUnreachable } from '../redis/server';

/** The user that keeps the rules. */
export const KEPT_USER = 'cdk8s-twemproxy-kept';

/** What closes a server to readers; nothing if it is closed already. */
export async function closeReadsCommands(server: RedisServer): Promise<CommandLine[]> {
  const users = await rulesOfUsers(server);
  const rules = users.get('default');
  if (rules === undefined || users.has(KEPT_USER)) return [];
  return [
    ['ACL', 'SETUSER', KEPT_USER, 'reset', ...rules.filter(isAboutCommands)],
    ['ACL', 'SETUSER', 'default', '-@read'],
  ];
}

/** What opens it again, as it was; nothing if it is not closed. */
export async function openReadsCommands(server: RedisServer): Promise<CommandLine[]> {
  const rules = (await rulesOfUsers(server)).get(KEPT_USER);
  if (rules === undefined) return [];
  return [
    ['ACL', 'SETUSER', 'default', ...rules.filter(isAboutCommands)],
    ['ACL', 'DELUSER', KEPT_USER],
  ];
}

/** The first of them always speaks of all commands, and so replaces what was before. */
function isAboutCommands(rule: string): boolean {
  return /^[-+]/.test(rule);
}

/** Users may live in a file of their own, which CONFIG REWRITE leaves alone. */
export async function saveUsers(server: RedisServer): Promise<void> {
  await server.call('ACL', 'SAVE').catch(rethrowUnreachable);
}

/** The rules of each user; none where there are no users, before Redis 6.0. */
async function rulesOfUsers(server: RedisServer): Promise<Map<string, string[]>> {
  const lines = ((await server.call('ACL', 'LIST').catch(rethrowUnreachable)) ?? []) as string[];
  return new Map(
    lines.map((line) => {
      // A selector of Redis 7.0 is one rule, in parentheses.
      const [, name, ...rules] = line.match(/\([^)]*\)|\S+/g) ?? [];
      return [name, rules];
    }),
  );
}
