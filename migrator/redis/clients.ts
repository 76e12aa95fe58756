// The clients that are connected to a server.

import * as net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLIENT_NAME, type RedisServer } from './server';

export interface Client {
  readonly id: string;
  /** `ip:port`, or the path of a Unix socket. */
  readonly address: string;
  readonly name: string;
  /** N: a plain client; S: a replica; M: a master. */
  readonly flags: string;
  /** For how many seconds it has been connected. */
  readonly age: number;
  /** Whether it subscribes to a channel. */
  readonly isSubscribed: boolean;
  /** The last command, in small letters; NULL before the first one. */
  readonly command: string;
}

/** Sentinel names its two connections after its run id: one for commands, one for hello messages. */
export function isSentinel({ name }: Client): boolean {
  return /^sentinel-[0-9a-f]{8}-(cmd|pubsub)$/.test(name);
}

/** CLIENT LIST. */
export async function clients(server: Pick<RedisServer, 'call'>): Promise<Client[]> {
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
      age: Number(field('age')),
      isSubscribed: Number(field('sub')) > 0,
      command: field('cmd'),
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

/** The name of the connections of redis_exporter, which only reads metrics, and may lose the server. */
const EXPORTER_NAME = 'redis_exporter';

/** When clients are listed again if some of them have only logged in: an exporter beside the server is named at once. */
const LOOK_AGAIN_MS = [0, 100];

/** The addresses of clients that are not proxies, replicas, migrators, Sentinels or exporters: a cutover would lock them out. */
export async function unexpectedClients(server: Pick<RedisServer, 'call'>, proxies: Networks): Promise<string[]> {
  const isUnexpected = (client: Client): boolean => !isExpected(client) && !proxies.has(client);
  let found = (await clients(server)).filter(isUnexpected);
  // An exporter connects for each scrape, and names its connection after the login.
  for (const ms of LOOK_AGAIN_MS) {
    if (!found.some(isLoggingIn)) break;
    if (ms > 0) await sleep(ms);
    const now = new Map((await clients(server)).map((client) => [client.id, client]));
    found = found.map((client) => now.get(client.id) ?? client).filter(isUnexpected);
  }
  return [...new Set(found.map(({ address }) => address))];
}

function isExpected(client: Client): boolean {
  const { flags, name } = client;
  return /[SM]/.test(flags) || name.startsWith(CLIENT_NAME) || name === EXPORTER_NAME || isSentinel(client);
}

function isLoggingIn({ name, command }: Client): boolean {
  return name === '' && ['NULL', 'auth', 'hello'].includes(command);
}

const MAX_LISTED = 5;

/** The first few names, and the number of the others. */
export function firstFew(names: readonly string[]): string {
  const more = names.length - MAX_LISTED;
  return names.slice(0, MAX_LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
