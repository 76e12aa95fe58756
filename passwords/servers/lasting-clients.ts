// The clients of a server that stay connected: Redis does not tell which password a connection has used, so each must come from
// something whose password is known.

import * as net from 'node:net';
import { clients, type Client, isSentinel, type Networks } from '../../migrator/redis/clients';
import { CLIENT_NAME, type RedisServer } from '../../migrator/redis/server';
import { type Proxies } from './proxies';

/** Health checks, exporters and scripts are gone within a second. A rejection shows if they have another password. */
const SHORT_SECONDS = 10;

export interface Known {
  readonly proxies: Proxies;
  /** Networks of clients that have the first password. */
  readonly trusted: Networks;
  /** How many replicas the server may have. */
  readonly replicas: number;
}

/** Who may still have another password, in words. Throws a ServerError. */
export async function doubtfulClients(server: RedisServer, { proxies, trusted, replicas }: Known): Promise<string[]> {
  const all = await clients(server);
  const following = all.filter(({ flags }) => flags.includes('S'));
  const others = all.filter(
    (client) => !/[SM]/.test(client.flags) && !client.name.startsWith(CLIENT_NAME) && !isSentinel(client),
  );
  const verdicts = await Promise.all(
    [...groupedByIp(others)].map(([ip, from]) => verdictOn(ip, from, proxies, trusted)),
  );
  return [
    ...verdicts.flatMap((it) => it ?? []),
    ...(following.length > replicas
      ? [
          `${server.address} has ${following.length} replicas, of which the plan has ${replicas}; change masterauth there`,
        ]
      : []),
  ];
}

async function verdictOn(
  ip: string,
  from: readonly Client[],
  proxies: Proxies,
  trusted: Networks,
): Promise<string | undefined> {
  const { password, reason } = await proxies.passwordOf(ip);
  if (password === 'other') return `the proxy ${ip} has another password; roll the proxies`;
  if (password === 'unknown') return `the proxy ${ip} cannot be asked for its password: ${reason}`;
  // In the pod itself, scripts read the Secret each time they connect.
  if (password === 'current' || isLoopback(ip)) return undefined;
  const lasting = from.find((client) => client.age > SHORT_SECONDS && !trusted.has(client));
  if (lasting === undefined) return undefined;
  const name = lasting.name === '' ? '' : ` (${lasting.name})`;
  const why = reason === undefined ? '' : ` (${reason})`;
  return `${lasting.address}${name} is no proxy${why} and has been connected for ${lasting.age} s; connect it again with the new password, or name its network in --trust`;
}

function groupedByIp(all: readonly Client[]): Map<string, Client[]> {
  const groups = new Map<string, Client[]>();
  for (const client of all) {
    const { address } = client;
    const ip = address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
    // A Unix socket is in the pod itself.
    if (net.isIP(ip) !== 0) groups.set(ip, [...(groups.get(ip) ?? []), client]);
  }
  return groups;
}

function isLoopback(ip: string): boolean {
  return ip === '::1' || ip.startsWith('127.');
}
