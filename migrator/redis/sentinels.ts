// Finds the Sentinels that monitor a server: they would take its fence for a failure and change roles.

import { clients, isSentinel } from './clients';
import { type RedisServer, rethrowUnreachable } from './server';

/** The Sentinels that monitor a server, as far as it knows. */
export interface Watch {
  /** `host:port` where each Sentinel listens if it announced that; otherwise the address that it connects from. */
  readonly sentinels: readonly string[];
  /** Their names for the master. */
  readonly names: readonly string[];
}

/** The channel on a master and its replicas where Sentinels announce themselves. */
const HELLO = '__sentinel__:hello';

/** A Sentinel publishes every two seconds, and a little later after its start. */
const HELLO_MS = 5000;

/** The Sentinels of a server; undefined if it has none, or if it neither lists its clients nor counts subscribers. */
export async function watchOf(server: RedisServer): Promise<Watch | undefined> {
  const [connected = [], subscribers] = await Promise.all([
    clients(server).catch(rethrowUnreachable),
    subscribersOf(server),
  ]);
  // Where CLIENT is renamed, a Sentinel has no client name: then look for subscribers to hello messages.
  const named = connected.filter(isSentinel);
  if (named.length === 0 && subscribers === 0) return undefined;
  const found = named.length > 0 ? named : connected.filter(({ isSubscribed }) => isSubscribed);
  const hasAll = (messages: readonly string[]): boolean => new Set(messages.map(senderOf)).size >= subscribers;
  const messages = (await server.messagesOn(HELLO, HELLO_MS, hasAll).catch(rethrowUnreachable)) ?? [];
  const hellos = messages.map((text) => text.split(','));
  const listening = messages.map(senderOf);
  const hosts = new Set(hellos.map(([ip]) => ip));
  const others = found.map(({ address }) => address).filter((it) => !hosts.has(it.slice(0, it.lastIndexOf(':'))));
  return {
    sentinels: [...new Set([...listening, ...hostsOnce(others)])],
    names: [...new Set(hellos.map(([, , , , name]) => name))].filter(Boolean),
  };
}

/** The message for an operator. */
export function sentinelAdvice(address: string, { sentinels, names }: Watch): string {
  const who = sentinels.length === 0 ? 'Sentinel watches' : `Sentinels (${sentinels.join(', ')}) watch`;
  const name = names.length === 0 ? 'NAME' : names.join(' and ');
  const effect = 'they would take the fence for a failure, promote another server, and make others follow it';
  return `${who} ${address}${names.length === 0 ? '' : ` as ${name}`}: ${effect}; run SENTINEL REMOVE ${name} on every Sentinel first (SENTINEL RESET is not enough: it finds the servers again)`;
}

/** The number of subscribers to hello messages; Redis 2.8 and later report it. */
async function subscribersOf(server: RedisServer): Promise<number> {
  const result = await server.call('PUBSUB', 'NUMSUB', HELLO).catch(rethrowUnreachable);
  return Number((result as unknown[] | undefined)?.[1] ?? 0);
}

/** A hello message is `ip,port,run id,epoch` of the Sentinel, then the name, address and epoch of the master. */
function senderOf(hello: string): string {
  return hello.split(',', 2).join(':');
}

/** The first connection of each host. */
function hostsOnce(addresses: readonly string[]): string[] {
  const byHost = new Map(addresses.map((it) => [it.slice(0, it.lastIndexOf(':')), it] as const).reverse());
  return [...byHost.values()];
}
