// Who is connected to an old server, and would lose it at the cutover.

import { firstFew, Networks, unexpectedClients } from '../redis/clients';
import { type ServerDetails } from './server-details';
import { error, type Remark, warning } from './finding';
import { type RedisServer, ServerError } from '../redis/server';

export interface ConnectionTerms {
  readonly proxyNetworks: readonly string[];
  /** The port of the new server, if that is attached already. */
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
  // Behind a Service, the new server has the address of its pod.
  const own = attached.findIndex(({ port }) => port === ownPort);
  const others = attached.filter((_, i) => i !== own).map(({ host, port }) => `${host}:${port}`);
  if (others.length === 0) return [];
  const effect = 'they lose their master at the cutover, and keep what they have until then';
  const remedy = 'stop whatever would promote one of them when its master is away: Sentinel, keepalived, a script';
  return [warning('replicas', `${address} has replicas: ${firstFew(others)}; ${effect}; ${remedy}`)];
}

async function clientChecks(server: RedisServer, proxyNetworks: readonly string[]): Promise<Remark[]> {
  try {
    const found = await unexpectedClients(server, new Networks(proxyNetworks));
    if (found.length === 0) return [];
    const remedy = 'point them to the new proxies before the cutover, or name the network of the proxies in the plan';
    return [
      warning(
        'unexpected-clients',
        `clients that are not proxies are connected to ${server.address}: ${firstFew(found)}; ${remedy}`,
      ),
    ];
  } catch (failure) {
    if (!(failure instanceof ServerError) || failure.code === 'UNREACHABLE') throw failure;
    const remedy = 'if rename-command gave CLIENT another name, put it into the Secret of renamedCommands of the move';
    return [error('client', `${failure.message}: CLIENT LIST tells who would be locked out; ${remedy}`)];
  }
}
