// Finds cases in which CONFIG REWRITE would write a file with which the server does not start, so that it must not be used.

import { KEPT_USER } from './closed-reads';
import { type RedisServer, rethrowUnreachable } from '../redis/server';
import { type Version } from '../redis/version';

/** Why CONFIG REWRITE must not be used; undefined if it may. Throws a ServerError if the server goes away. */
export async function rewriteRisk(server: RedisServer, version: Version): Promise<string | undefined> {
  if (version.dropsQuotesOnRewrite && /["'\s]/.test(server.password ?? '')) {
    return 'Redis 6.0 writes a password without the quotes that it needs, and would not start again, so CONFIG REWRITE is not used';
  }
  if (!version.rejectsDuplicateUsers) return undefined;
  const names = await usersInConfigFiles(server);
  if (names.length === 0) return undefined;
  const effect = `if the lines of its users (${names.join(', ')}) are in an included file, CONFIG REWRITE would write them a second time, and ${version.name} would not start again`;
  return `${effect}, so it is not used: keep its users in an aclfile`;
}

/** Users that are defined in configuration files; the server does not report in which one. */
async function usersInConfigFiles(server: RedisServer): Promise<string[]> {
  const [list, file, password] = await server.each([
    ['ACL', 'LIST'],
    ['CONFIG', 'GET', 'aclfile'],
    ['CONFIG', 'GET', 'requirepass'],
  ]);
  for (const result of [list, file, password]) if (result instanceof Error) rethrowUnreachable(result);
  if (list instanceof Error || valueOf(file) !== '') return [];
  return (list as string[])
    .filter((line) => !isInitialDefaultUser(line, valueOf(password)))
    .map((line) => line.split(' ')[1])
    .filter((name) => name !== KEPT_USER);
}

/**
 * Whether this is the default user without a line in a file: its password is requirepass, if any, and it has all rights,
 * except perhaps reads, which this program closes and opens.
 */
function isInitialDefaultUser(line: string, requirepass: string): boolean {
  const isFree = / ~\* &\* \+@all( [-+]@read)?$/.test(line);
  return line.startsWith('user default on ') && isFree && line.includes(' #') === (requirepass !== '');
}

/** The value of a setting; empty if it cannot be read. */
function valueOf(result: unknown): string {
  return result instanceof Error ? '' : ((result as string[])[1] ?? '');
}
