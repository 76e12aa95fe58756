// Closes an old server that follows the new one to reads: a replica in sync would serve them, sometimes with stale values.
// The command rules of its default user are saved in a user that cannot log in.

import { type CommandLine, type RedisServer, rethrowUnreachable } from '../redis/server';

/** The user that holds the saved rules. */
export const KEPT_USER = 'cdk8s-twemproxy-kept';

/** Commands that close a server to reads; none if it is already closed. */
export async function closeReadsCommands(server: RedisServer): Promise<CommandLine[]> {
  const users = await rulesOfUsers(server);
  const rules = users.get('default');
  if (rules === undefined || users.has(KEPT_USER)) return [];
  return [
    ['ACL', 'SETUSER', KEPT_USER, 'reset', ...rules.filter(isAboutCommands)],
    ['ACL', 'SETUSER', 'default', '-@read'],
  ];
}

/** Commands that restore its rules; none if it is not closed. */
export async function openReadsCommands(server: RedisServer): Promise<CommandLine[]> {
  const rules = (await rulesOfUsers(server)).get(KEPT_USER);
  if (rules === undefined) return [];
  return [
    ['ACL', 'SETUSER', 'default', ...rules.filter(isAboutCommands)],
    ['ACL', 'DELUSER', KEPT_USER],
  ];
}

/** The first command rule always covers all commands, and so replaces the previous rules. */
function isAboutCommands(rule: string): boolean {
  return /^[-+]/.test(rule);
}

/** Users may be in an aclfile, which CONFIG REWRITE does not write. */
export async function saveUsers(server: RedisServer): Promise<void> {
  await server.call('ACL', 'SAVE').catch(rethrowUnreachable);
}

/** The rules of each user; empty before Redis 6.0, which has no users. */
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
