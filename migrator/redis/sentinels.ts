// Finds the Sentinels that watch a server: they take its fence for a failure, and give roles to whomever they know.

import { clients, isSentinel } from './clients';
import { type RedisServer, rethrowUnreachable } from './server';

/** The Sentinels of one server, as far as it tells. */
export interface Watch {
  /** `host:port` of each Sentinel where it listens, if it said so; else the address from which it is connected. */
  readonly sentinels: readonly string[];
  /** The names by which they know the master. */
  readonly names: readonly string[];
}

/** Where Sentinels tell each other of a master, through that master and its replicas. */
const HELLO = '__sentinel__:hello';

/** A Sentinel greets every two seconds, and somewhat later right after its start. */
const GREETINGS_MS = 5000;

/** Who watches a server; nothing if nobody does, or if it neither lists its clients nor counts subscribers. */
export async function watchOf(server: RedisServer): Promise<Watch | undefined> {
  const [connected = [], subscribers] = await Promise.all([
    clients(server).catch(rethrowUnreachable),
    subscribersOf(server),
  ]);
  // Where CLIENT has another name, a Sentinel could not give itself one: it is the client that listens to greetings.
  const named = connected.filter(isSentinel);
  if (named.length === 0 && subscribers === 0) return undefined;
  const found = named.length > 0 ? named : connected.filter(({ isSubscribed }) => isSubscribed);
  const hasAll = (heard: readonly string[]): boolean => new Set(heard.map(sender)).size >= subscribers;
  const greetings = (await server.messagesOn(HELLO, GREETINGS_MS, hasAll).catch(rethrowUnreachable)) ?? [];
  const hellos = greetings.map((text) => text.split(','));
  const listening = greetings.map(sender);
  const hosts = new Set(hellos.map(([ip]) => ip));
  const others = found.map(({ address }) => address).filter((it) => !hosts.has(it.slice(0, it.lastIndexOf(':'))));
  return {
    sentinels: [...new Set([...listening, ...hostsOnce(others)])],
    names: [...new Set(hellos.map(([, , , , name]) => name))].filter(Boolean),
  };
}

/** What to tell a person about it. */
export function sentinelAdvice(address: string, { sentinels, names }: Watch): string {
  const who = sentinels.length === 0 ? 'Sentinel watches' : `Sentinels (${sentinels.join(', ')}) watch`;
  const name = names.length === 0 ? 'NAME' : names.join(' and ');
  const effect = 'they would take the fence for a failure, promote a server of theirs, and have others follow that';
  return `${who} ${address}${names.length === 0 ? '' : ` as ${name}`}: ${effect}; run SENTINEL REMOVE ${name} on every Sentinel first (SENTINEL RESET is not enough: it finds the servers again)`;
}

/** How many listen to greetings; Redis 2.8 and later tell. */
async function subscribersOf(server: RedisServer): Promise<number> {
  const answer = await server.call('PUBSUB', 'NUMSUB', HELLO).catch(rethrowUnreachable);
  return Number((answer as unknown[] | undefined)?.[1] ?? 0);
}

/** `ip,port`, and then its run id, its epoch, and the name, address and epoch of the master. */
function sender(greeting: string): string {
  return greeting.split(',', 2).join(':');
}

/** Of several connections from one host, the first. */
function hostsOnce(addresses: readonly string[]): string[] {
  const byHost = new Map(addresses.map((it) => [it.slice(0, it.lastIndexOf(':')), it] as const).reverse());
  return [...byHost.values()];
}
