// Where CONFIG REWRITE would leave a file with which the server does not start again, so that it must not be tried.

import { KEPT_USER } from './closed-reads';
import { type RedisServer, rethrowUnreachable } from '../redis/server';
import { type Version } from '../redis/version';

/** Why the server must not be asked to rewrite its file, if there is a reason. Throws a ServerError if it goes away. */
export async function rewriteRisk(server: RedisServer, version: Version): Promise<string | undefined> {
  if (version.dropsQuotesOnRewrite && /["'\s]/.test(server.password ?? '')) {
    return 'Redis 6.0 writes a password that needs quotes without them, and would not start again; it is not asked to rewrite its file';
  }
  if (!version.rejectsDuplicateUsers) return undefined;
  const names = await usersOfFiles(server);
  if (names.length === 0) return undefined;
  const effect = `if the lines of its users (${names.join(', ')}) stand in an included file, CONFIG REWRITE would write them a second time, and ${version.name} would not start again`;
  return `${effect}; it is not asked to: have it keep its users in an aclfile`;
}

/** Users of whom configuration files tell: which of the files, the server does not say. */
async function usersOfFiles(server: RedisServer): Promise<string[]> {
  const [list, file, password] = await server.each([
    ['ACL', 'LIST'],
    ['CONFIG', 'GET', 'aclfile'],
    ['CONFIG', 'GET', 'requirepass'],
  ]);
  for (const answer of [list, file, password]) if (answer instanceof Error) rethrowUnreachable(answer);
  if (list instanceof Error || valueOf(file) !== '') return [];
  return (list as string[])
    .filter((line) => !isInitialDefaultUser(line, valueOf(password)))
    .map((line) => line.split(' ')[1])
    .filter((name) => name !== KEPT_USER);
}

/**
 * The default user as no line of a file has made it: with requirepass for its password, if any, and all rights, reads left
 * aside, which this program closes and opens.
 */
function isInitialDefaultUser(line: string, requirepass: string): boolean {
  const isFree = / ~\* &\* \+@all( [-+]@read)?$/.test(line);
  return line.startsWith('user default on ') && isFree && line.includes(' #') === (requirepass !== '');
}

/** Of a setting; empty if it is not told. */
function valueOf(answer: unknown): string {
  return answer instanceof Error ? '' : ((answer as string[])[1] ?? '');
}
