// The clients of an old server that would lose it at the cutover.

import { firstFew, Networks, unexpectedClients } from '../redis/clients';
import { type ServerDetails } from './server-details';
import { error, type Remark, warning } from './finding';
import { type RedisServer, ServerError } from '../redis/server';

export interface ConnectionTerms {
  readonly proxyNetworks: readonly string[];
  /** The port of the new server, if it is already attached. */
  readonly ownPort?: number;
}

export async function connectionChecks(
  server: RedisServer,
  old: ServerDetails,
  terms: ConnectionTerms,
): Promise<Remark[]> {
  return [...replicas(old, terms.ownPort), ...(await clientChecks(server, terms.proxyNetworks))];
}

function replicas({ address, view: { info } }: ServerDetails, ownPort?: number): Remark[] {
  const attached = Array.from({ length: info.number('connected_slaves') }, (_, i) =>
    /ip=([^,]*),port=(\d+)/.exec(info.text(`slave${i}`)),
  ).flatMap((found) => (found ? [{ host: found[1], port: Number(found[2]) }] : []));
  // Behind a Service, the new server connects from the address of its pod.
  const own = attached.findIndex(({ port }) => port === ownPort);
  const others = attached.filter((_, i) => i !== own).map(({ host, port }) => `${host}:${port}`);
  if (others.length === 0) return [];
  const effect = 'they lose their master at the cutover, and keep the data that they have by then';
  const remedy = 'stop anything that would promote one of them when its master is gone: Sentinel, keepalived, a script';
  return [warning('replicas', `${address} has replicas: ${firstFew(others)}; ${effect}; ${remedy}`)];
}

async function clientChecks(server: RedisServer, proxyNetworks: readonly string[]): Promise<Remark[]> {
  try {
    const found = await unexpectedClients(server, new Networks(proxyNetworks));
    if (found.length === 0) return [];
    const remedy = 'point them to the new proxies before the cutover, or add the network of the proxies to the plan';
    return [
      warning(
        'unexpected-clients',
        `clients that are not proxies are connected to ${server.address}: ${firstFew(found)}; ${remedy}`,
      ),
    ];
  } catch (failure) {
    if (!(failure instanceof ServerError) || failure.code === 'UNREACHABLE') throw failure;
    const remedy = 'if rename-command renamed CLIENT, add the new name to the renamedCommands Secret of the migration';
    return [error('client', `${failure.message}: CLIENT LIST shows which clients would be locked out; ${remedy}`)];
  }
}
