// The clients that a server has rejected because of their password, from its ACL LOG.

import { type RedisServer } from '../../migrator/redis/server';

/** As many as the log keeps by default. */
const ENTRIES = 128;

/** Whether the server keeps a log. */
export async function logsRejections(server: RedisServer): Promise<boolean> {
  return (await server.setting('acllog-max-len')) !== '0';
}

/** The clients that were rejected within these milliseconds, each as its user, address and name. Throws a ServerError. */
export async function rejectedWithin(server: RedisServer, ms: number): Promise<string[]> {
  const entries = ((await server.call('ACL', 'LOG', ENTRIES)) as string[][]).map(fieldsOf);
  // Redis merges equal entries, and the age is that of the last one.
  const recent = entries.filter((entry) => entry.reason === 'auth' && Number(entry['age-seconds']) * 1000 <= ms);
  return recent.map((entry) => {
    const field = (name: string): string => new RegExp(`(?:^| )${name}=(\\S*)`).exec(entry['client-info'])?.[1] ?? '';
    const name = field('name') === '' ? '' : ` (${field('name')})`;
    return `${field('addr')}${name} as user ${entry.username}`;
  });
}

function fieldsOf(flat: readonly string[]): Record<string, string> {
  return Object.fromEntries(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]] as const));
}
