// The clients that are connected to a server.

import * as net from 'node:net';
import { CLIENT_NAME, type RedisServer } from './server';

export interface Client {
  readonly id: string;
  /** `ip:port`, or the path of a Unix socket. */
  readonly address: string;
  readonly name: string;
  /** N: a plain client; S: a replica; M: a master. */
  readonly flags: string;
  /** Whether it subscribes to a channel. */
  readonly isSubscribed: boolean;
}

/** Sentinel names its two connections after its run id: one for commands, one for hello messages. */
export function isSentinel({ name }: Client): boolean {
  return /^sentinel-[0-9a-f]{8}-(cmd|pubsub)$/.test(name);
}

/** CLIENT LIST. */
export async function clients(server: RedisServer): Promise<Client[]> {
  const lines = String(await server.call('CLIENT', 'LIST')).split('\n');
  return lines.filter(Boolean).map((line) => {
    const fields = new Map(
      line.split(' ').map((field) => [field.split('=', 1)[0], field.slice(field.indexOf('=') + 1)]),
    );
    const field = (name: string): string => fields.get(name) ?? '';
    return {
      id: field('id'),
      address: field('addr'),
      name: field('name'),
      flags: field('flags'),
      isSubscribed: Number(field('sub')) > 0,
    };
  });
}

/** Networks such as `10.0.0.0/8`. */
export class Networks {
  private readonly list = new net.BlockList();

  constructor(blocks: readonly string[]) {
    for (const block of blocks) {
      const [address, prefix] = block.split('/');
      const family = net.isIPv6(address) ? 'ipv6' : 'ipv4';
      this.list.addSubnet(address, Number(prefix), family);
    }
  }

  has({ address }: Client): boolean {
    const ip = address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
    if (net.isIP(ip) === 0) return false;
    return this.list.check(ip, net.isIPv6(ip) ? 'ipv6' : 'ipv4');
  }
}

/** The addresses of clients that are not proxies, replicas, migrators or Sentinels: a cutover would lock them out. */
export async function unexpectedClients(server: RedisServer, proxies: Networks): Promise<string[]> {
  const found = (await clients(server)).filter(
    (client) =>
      !/[SM]/.test(client.flags) && !client.name.startsWith(CLIENT_NAME) && !isSentinel(client) && !proxies.has(client),
  );
  return [...new Set(found.map(({ address }) => address))];
}

const MAX_LISTED = 5;

/** The first few names, and the number of the others. */
export function firstFew(names: readonly string[]): string {
  const more = names.length - MAX_LISTED;
  return names.slice(0, MAX_LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
