// The names that the directory of an old server may have, by its lines in nutcracker.yml.

import { type FleetShards } from '../nutcracker/fleet-shards';

/** By ordinal. A name that fits several shards is none: a host has a directory only if it has one server. */
export function importDirectories({ lines }: FleetShards): string[][] {
  const names = lines.map((of) => [
    ...new Set(of.flatMap(({ server }) => [...byAddress(server.address), ...byRingName(server.ringName)])),
  ]);
  const counts = new Map<string, number>();
  for (const name of names.flat()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return names.map((own) => own.filter((name) => counts.get(name) === 1));
}

function byAddress(address: string): string[] {
  // The path of a Unix socket.
  if (address.startsWith('/')) return [];
  const colon = address.lastIndexOf(':');
  const [host, port] = [address.slice(0, colon), address.slice(colon + 1)];
  return [`${host}:${port}`, `${host}_${port}`, `${host}-${port}`, `${host}/${port}`, host];
}

function byRingName(name: string): string[] {
  return name.includes('/') || /^\.*$/.test(name) ? [] : [name];
}
