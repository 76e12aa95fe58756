// Asks servers for their INFO, as the file of --info has it.

import pLimit from 'p-limit';
import { RedisServer, ServerError } from '../../migrator/redis/server';
import { type ClientCertificate, trustAuthoritiesIn } from '../../migrator/redis/tls';
import { InputError } from '../output/input-error';
import { ServerInfo, SETTINGS } from './server-info';

const CONCURRENCY = 16;

/** TLS of the servers: the paths of files, and the name in their certificates, if it is not the host of each. */
export interface LiveTls {
  readonly ca: string;
  readonly certificate?: ClientCertificate;
  readonly name?: string;
}

/** Without `tls`, the connections have none. Throws the errors of all servers. */
export async function askServers(
  addresses: readonly string[],
  password: string | undefined,
  tls?: LiveTls,
): Promise<ServerInfo[]> {
  if (tls) trust(addresses, tls);
  const limit = pLimit(CONCURRENCY);
  const results = await Promise.allSettled(
    addresses.map((address) =>
      limit(async () => ServerInfo.of(address, await linesOf(address, password), at(address))),
    ),
  );
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [messageOf(result.reason)] : []));
  if (errors.length > 0) throw new InputError(errors);
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

function trust(addresses: readonly string[], { ca, ...servers }: LiveTls): void {
  try {
    trustAuthoritiesIn(ca, { addresses, ...servers });
  } catch (error) {
    throw new InputError([`--tls-ca: ${(error as Error).message}; give files with certificates and a key in PEM`]);
  }
}

function at(address: string): ServerInfo['source'] {
  return { file: address, line: 0 };
}

async function linesOf(address: string, password: string | undefined): Promise<string[]> {
  const server = await RedisServer.connect(address, { password });
  try {
    const info = String(await server.call('INFO'));
    // CONFIG may be renamed: then the assumptions apply.
    const settings = await server.each(SETTINGS.map((name) => ['CONFIG', 'GET', name]));
    return [...info.split('\r\n'), ...settings.flatMap((reply) => (Array.isArray(reply) ? reply.map(String) : []))];
  } finally {
    server.close();
  }
}

/** An error of the connection has the address, but no remedy, unless the server refused it. */
function messageOf(error: unknown): string {
  if (!(error instanceof ServerError) || error.refusal) return (error as Error).message;
  const remedy = error.isAboutPassword
    ? 'set REDIS_PASSWORD to the right password'
    : 'check the address and the network, or give a file with --info';
  return `${error.message}; ${remedy}`;
}
