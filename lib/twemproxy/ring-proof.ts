// Proves on the synthesized files that the new proxies route every key to the shard with its data.

import { RING_USERS } from '../reshard/reshard-plan';
import { HashRing, NutcrackerConfig, type NutcrackerPool, type NutcrackerServer } from '../nutcracker';
import { type FleetShards } from '../nutcracker/fleet-shards';
import { refuseWithoutRing } from '../nutcracker/hash-ring';
import { percent } from '../nutcracker/percent';
import { readBridge } from './bridge-proof';
import { type ProvenServers, readFailoverBridge } from './failover-bridge-proof';
import { type MigrationTrust } from './migration-bridge-config';
import { readLoginBridge } from './login-bridge-proof';
import { readShardBridge } from './shard-bridge-proof';
import { type BridgeFiles, type BridgeListener } from './haproxy-file';

/** The input of the proof. */
export interface RingProof {
  /** The pools of the old fleet. */
  readonly live: readonly NutcrackerPool[];
  /** The shards with their data. */
  readonly shards: Pick<FleetShards, 'addresses' | 'place'>;
  /** `host:port` of the shards, by ordinal. */
  readonly addresses: string[];
  /** The synthesized nutcracker.yml. */
  readonly yaml: string;
  /** The name of that file for errors. */
  readonly fileName: string;
  /** The synthesized bridge, if there is one. */
  readonly bridge?: BridgeFiles;
  /** If the ring can change: whether nutcracker logs in as `ring-2`, through a bridge. */
  readonly login?: boolean;
  /** Whether a LoginBridge connects by TLS. */
  readonly tls?: boolean;
  /** If the bridge is one to shards with one server each: whether it connects by TLS. */
  readonly single?: { readonly tls: boolean };
  /** If the bridge is one of a migration: which servers have TLS. */
  readonly trust?: MigrationTrust;
  /** The other servers of the shards, if the bridge is one for failover; otherwise, without `single`, it is a LoginBridge with `login`, and else one of a migration. */
  readonly failover?: FailoverServers;
  /** Whether keys may move. Then only addresses are compared. */
  readonly loseKeysThatMove: boolean;
  /** Whether the proxies may eject hosts. */
  readonly mayEject: boolean;
}

/** `host:port` of the servers b, by ordinal, and of the Sentinels. */
export interface FailoverServers extends ProvenServers {
  readonly replicas: readonly string[];
}

/** The problems; empty if every key stays on its shard. */
export function ringProblems(proof: RingProof): string[] {
  try {
    return findings(proof);
  } catch (error) {
    // A pool without a ring, or a patched file that nutcracker would reject.
    return [(error as Error).message];
  }
}

function findings(proof: RingProof): string[] {
  const { live, shards, yaml, fileName, bridge } = proof;
  const config = NutcrackerConfig.fromYaml(yaml, fileName);
  const served = live.map(({ name }) => config.pool(name));
  const ordinals = shards.place(served);
  const listeners = bridge && listenersOf(proof, bridge);
  return live.flatMap((pool, i) => {
    const misplaced = misplacements(proof, served[i], ordinals[i], listeners);
    return [...movedKeys(proof, pool, served[i]), ...misplaced, ...ejections(proof, served[i])];
  });
}

function listenersOf(
  { login, single, failover, trust, tls = false }: RingProof,
  bridge: BridgeFiles,
): Map<string, BridgeListener> {
  if (failover) return readFailoverBridge(bridge, failover, RING_USERS[login ? 1 : 0]);
  if (single) return readShardBridge(bridge, single.tls);
  return login === undefined ? readBridge(bridge, trust) : readLoginBridge(bridge, { login, tls });
}

/** The share of keys that the new pool routes to another shard, and what to fix. */
function movedKeys(
  { live: { length }, fileName, loseKeysThatMove }: RingProof,
  live: NutcrackerPool,
  pool: NutcrackerPool,
): string[] {
  if (loseKeysThatMove) return [];
  refuseWithoutRing(live);
  if (haveSameRing(live, pool)) return [];
  const diff = HashRing.of(live).diff(HashRing.of(pool));
  if (diff.isSame) return [];
  const share = `${diff.isExact ? '' : 'about '}${percent(diff.movedShare)}`;
  return [
    `${share} of all keys${length > 1 ? ` of pool ${live.name}` : ''} would be routed to a shard that does not have them; fix`,
    ...settingsToFix(live, pool, fileName),
    ...serversToFix(live, pool, fileName),
    'or set loseKeysThatMove to accept the loss of these keys',
  ];
}

/** Whether the pools are the same in everything that a ring is computed from. */
function haveSameRing(live: NutcrackerPool, pool: NutcrackerPool): boolean {
  const weights = new Map(live.servers.map(({ ringName, weight }) => [ringName, weight]));
  return (
    differingSettings(live, pool).length === 0 &&
    live.servers.length === pool.servers.length &&
    pool.servers.every(({ ringName, weight }) => weights.get(ringName) === weight)
  );
}

/** Servers that route to the wrong shard, by their own address or through the bridge. */
function misplacements(
  { shards, addresses, fileName, bridge, failover }: RingProof,
  pool: NutcrackerPool,
  ordinals: readonly number[],
  listeners?: ReadonlyMap<string, BridgeListener>,
): string[] {
  const others = failover?.replicas ?? shards.addresses;
  return pool.servers.flatMap((server, i) => {
    const address = addresses.at(ordinals[i]);
    const listener = listeners?.get(server.address);
    if (!bridge) return server.address === address ? [] : [misplacedServer(fileName, server, address)];
    if (!listener) return [`${fileName}:${server.line ?? 0}: ${server.toString()}: the bridge does not listen there`];
    const right = [address, others.at(ordinals[i])];
    if (listener.servers.every((each, k) => each === right[k])) return [];
    return [misroutedServer(bridge.cfgName, listener, server, right)];
  });
}

/** Ejecting a server removes it from the ring and routes its keys to the wrong shards. */
function ejections({ fileName, mayEject }: RingProof, pool: NutcrackerPool): string[] {
  if (!pool.autoEjectHosts || mayEject) return [];
  return [
    `${fileName}: auto_eject_hosts is true: the keys of a failed shard would be written to other shards; write auto_eject_hosts: false`,
  ];
}

function misroutedServer(
  cfgName: string,
  listener: BridgeListener,
  server: NutcrackerServer,
  right: readonly (string | undefined)[],
): string {
  const both = (addresses: readonly (string | undefined)[]): string =>
    addresses.map((address) => address ?? 'nowhere').join(' and ');
  const routes = `${listener.name} routes to ${both(listener.servers)}`;
  return `${cfgName}:${listener.line}: ${routes}; the data of ${server.ringName} is at ${both(right)}`;
}

function misplacedServer(fileName: string, server: NutcrackerServer, address: string | undefined): string {
  const remedy = address === undefined ? 'there is no shard for it' : `its data is at ${address}`;
  return `${fileName}:${server.line ?? 0}: ${server.toString()}: ${remedy}`;
}

function settingsToFix(live: NutcrackerPool, pool: NutcrackerPool, fileName: string): string[] {
  return differingSettings(live, pool).map((setting) => {
    const key = setting === 'hashTag' ? 'hash_tag' : setting;
    return `${fileName}: ${key} is ${pool[setting] ?? 'not set'}; it was ${live[setting] ?? 'not set'}`;
  });
}

function differingSettings(live: NutcrackerPool, pool: NutcrackerPool): ('hash' | 'distribution' | 'hashTag')[] {
  return (['hash', 'distribution', 'hashTag'] as const).filter((setting) => live[setting] !== pool[setting]);
}

function serversToFix(live: NutcrackerPool, pool: NutcrackerPool, fileName: string): string[] {
  const before = new Map(live.servers.map((server) => [server.ringName, server]));
  const after = new Map(pool.servers.map((server) => [server.ringName, server]));
  const wrong = pool.servers.flatMap((server) => {
    const old = before.get(server.ringName);
    if (old?.weight === server.weight) return [];
    const problem = old ? `had the weight ${old.weight}${lineOf(old)}` : 'is not in the old ring';
    return [`${fileName}:${server.line ?? 0}: ${server.toString()}: ${server.ringName} ${problem}`];
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
