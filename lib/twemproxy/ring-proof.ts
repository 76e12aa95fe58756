// The proof that proxies find every key where the old ones put it, made on what was synthesized.

import { HashRing, NutcrackerConfig, type NutcrackerPool, type NutcrackerServer } from '../nutcracker';
import { type FleetShards } from '../nutcracker/fleet-shards';
import { refuseWithoutRing } from '../nutcracker/hash-ring';
import { percent } from '../nutcracker/percent';
import { type BridgeFiles, type BridgeListener, readBridge } from './bridge-proof';

/** What is compared. */
export interface RingProof {
  /** The pools whose keys must be found. */
  readonly live: readonly NutcrackerPool[];
  /** Where their data is. */
  readonly shards: FleetShards;
  /** `host:port` of the shards, by ordinal. */
  readonly addresses: string[];
  /** The synthesized nutcracker.yml. */
  readonly yaml: string;
  /** What to call that file in an error. */
  readonly fileName: string;
  /** The synthesized bridge, if the proxies reach the shards through one. */
  readonly bridge?: BridgeFiles;
  /** Whether keys may move: only addresses are compared then. */
  readonly loseKeysThatMove: boolean;
  /** Whether the proxies may eject hosts. */
  readonly mayEject: boolean;
}

/** What is wrong, a finding each; nothing when every key stays. */
export function ringProblems(proof: RingProof): string[] {
  try {
    return findings(proof);
  } catch (error) {
    // A pool that has no ring, or a patched file that nutcracker would refuse.
    return [(error as Error).message];
  }
}

function findings(proof: RingProof): string[] {
  const { live, shards, yaml, fileName, bridge } = proof;
  const config = NutcrackerConfig.fromYaml(yaml, fileName);
  const served = live.map(({ name }) => config.pool(name));
  const ordinals = shards.place(served);
  const listeners = bridge && readBridge(bridge);
  return live.flatMap((pool, i) => {
    const misplaced = misplacements(proof, served[i], ordinals[i], listeners);
    return [...movedKeys(proof, pool, served[i]), ...misplaced, ...ejections(proof, served[i])];
  });
}

/** The keys of a pool that the other one looks for on other shards. */
function movedKeys(
  { live: { length }, fileName, loseKeysThatMove }: RingProof,
  live: NutcrackerPool,
  pool: NutcrackerPool,
): string[] {
  if (loseKeysThatMove) return [];
  refuseWithoutRing(live);
  if (followFromTheSame(live, pool)) return [];
  const diff = HashRing.of(live).diff(HashRing.of(pool));
  if (diff.isSame) return [];
  const share = `${diff.isExact ? '' : 'about '}${percent(diff.movedShare)}`;
  return [
    `${share} of all keys${length > 1 ? ` of pool ${live.name}` : ''} would be looked for on another shard than the one that has them: fix`,
    ...settingsToMend(live, pool, fileName),
    ...serversToMend(live, pool, fileName),
    'or, to give those keys up, set loseKeysThatMove',
  ];
}

/** Whether the pools agree in everything that a ring is computed from. Then both have one ring, whatever it is. */
function followFromTheSame(live: NutcrackerPool, pool: NutcrackerPool): boolean {
  const weights = new Map(live.servers.map(({ ringName, weight }) => [ringName, weight]));
  return (
    differingSettings(live, pool).length === 0 &&
    live.servers.length === pool.servers.length &&
    pool.servers.every(({ ringName, weight }) => weights.get(ringName) === weight)
  );
}

/** Servers that route to a shard without their data: by their own address, or through the bridge. */
function misplacements(
  { shards, addresses, fileName, bridge }: RingProof,
  pool: NutcrackerPool,
  ordinals: readonly number[],
  listeners?: ReadonlyMap<string, BridgeListener>,
): string[] {
  const oldAddresses = shards.addresses;
  return pool.servers.flatMap((server, i) => {
    const address = addresses.at(ordinals[i]);
    const listener = listeners?.get(server.address);
    if (!bridge) return server.address === address ? [] : [misplacedServer(fileName, server, address)];
    if (!listener) return [`${fileName}:${server.line ?? 0}: ${server.toString()}: the bridge does not listen there`];
    const old = oldAddresses.at(ordinals[i]);
    if (listener.new === address && listener.old === old) return [];
    return [misledServer(bridge.cfgName, listener, server, `${address ?? 'nowhere'} and ${old ?? 'nowhere'}`)];
  });
}

/** A server that is ejected is off the ring, and its keys are on shards that are not theirs. */
function ejections({ fileName, mayEject }: RingProof, pool: NutcrackerPool): string[] {
  if (!pool.autoEjectHosts || mayEject) return [];
  return [
    `${fileName}: auto_eject_hosts is true: keys of a shard that fails would be written to others; write auto_eject_hosts: false`,
  ];
}

function misledServer(cfgName: string, listener: BridgeListener, server: NutcrackerServer, right: string): string {
  const leads = `${listener.name} routes to ${listener.new ?? 'nowhere'} and ${listener.old ?? 'nowhere'}`;
  return `${cfgName}:${listener.line}: ${leads}; the data of ${server.ringName} is at ${right}`;
}

function misplacedServer(fileName: string, server: NutcrackerServer, address: string | undefined): string {
  const remedy = address === undefined ? 'no shard is left for it' : `its data is at ${address}`;
  return `${fileName}:${server.line ?? 0}: ${server.toString()}: ${remedy}`;
}

function settingsToMend(live: NutcrackerPool, pool: NutcrackerPool, fileName: string): string[] {
  return differingSettings(live, pool).map((setting) => {
    const key = setting === 'hashTag' ? 'hash_tag' : setting;
    return `${fileName}: ${key} is ${pool[setting] ?? 'not set'}; it was ${live[setting] ?? 'not set'}`;
  });
}

function differingSettings(live: NutcrackerPool, pool: NutcrackerPool): ('hash' | 'distribution' | 'hashTag')[] {
  return (['hash', 'distribution', 'hashTag'] as const).filter((setting) => live[setting] !== pool[setting]);
}

function serversToMend(live: NutcrackerPool, pool: NutcrackerPool, fileName: string): string[] {
  const before = new Map(live.servers.map((server) => [server.ringName, server]));
  const after = new Map(pool.servers.map((server) => [server.ringName, server]));
  const wrong = pool.servers.flatMap((server) => {
    const old = before.get(server.ringName);
    if (old?.weight === server.weight) return [];
    const what = old ? `had the weight ${old.weight}${lineOf(old)}` : 'is not in the old ring';
    return [`${fileName}:${server.line ?? 0}: ${server.toString()}: ${server.ringName} ${what}`];
  });
  const missing = live.servers
    .filter(({ ringName }) => !after.has(ringName))
    .map(
      (server) =>
        `${fileName}: no server is named ${server.ringName}; it had the weight ${server.weight}${lineOf(server)}`,
    );
  return [...wrong, ...missing];
}

function lineOf({ line }: NutcrackerServer): string {
  return line === undefined ? '' : ` (line ${line} of the old file)`;
}
