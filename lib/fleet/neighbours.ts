// Detects fleets of an app that share an object, an NFS directory or an old server: the second fleet would change or delete
// what belongs to the first.

import * as path from 'node:path';
import { ApiObject, type Chart } from 'cdk8s';
import { type Construct, type IConstruct } from 'constructs';
import { refuse } from '../common/prop-errors';
import { instanceOf } from '../nutcracker/fleet-shards';

/** The fleet that owns something, and its path for messages. */
interface Owner {
  readonly fleet: IConstruct;
  readonly path: string;
}

/** The owners, by the name of what they own. */
type Owners = Map<string, Owner>;

interface Neighbours {
  /** By address. */
  readonly oldServers: Owners;
  /** By NFS server, exported directory and StatefulSet: each pod has a directory with its own name there. */
  readonly directories: Owners;
  /** The chart of each created namespace. */
  readonly namespaces: Map<string, Chart>;
  /** By the parent scope of the fleets. Fleets in different scopes may be for different clusters. */
  readonly objects: Map<IConstruct, Owners>;
}

const apps = new WeakMap<IConstruct, Neighbours>();

function neighboursIn({ node: { root } }: Construct): Neighbours {
  const known = apps.get(root) ?? {
    oldServers: new Map(),
    directories: new Map(),
    namespaces: new Map(),
    objects: new Map(),
  };
  apps.set(root, known);
  return known;
}

/** Refuses an old server that already moves to the shards of another fleet: its fence would cut off both fleets. */
export function claimOldServers(scope: Construct, addresses: readonly string[], shards: IConstruct): void {
  const { oldServers } = neighboursIn(scope);
  for (const address of addresses) {
    const owner = claim(oldServers, instanceOf(address), { fleet: shards, path: scope.node.path });
    if (owner === undefined) continue;
    const problem = `the old server ${address} already moves with ${owner.path}, and can move only once`;
    refuse(scope, `${problem}; put the pools that share it into one fleet, with pools: [...]`);
  }
}

/** The chart that creates a namespace: one for all fleets of the app in that namespace. */
export function namespaceChart(fleet: Construct, namespace: string, create: () => Chart): Chart {
  const { namespaces } = neighboursIn(fleet);
  const chart = namespaces.get(namespace) ?? create();
  namespaces.set(namespace, chart);
  return chart;
}

/** Refuses objects that another fleet in the same scope also creates, and NFS directories that another fleet also writes to. */
export function claimObjects(fleet: Construct, charts: readonly Chart[], statefulSets: readonly string[]): void {
  const { objects, directories } = neighboursIn(fleet);
  const { scope = fleet } = fleet.node;
  const owners: Owners = objects.get(scope) ?? new Map<string, Owner>();
  const self = { fleet, path: fleet.node.path };
  objects.set(scope, owners);
  for (const node of charts.flatMap((chart) => chart.node.findAll())) {
    if (!ApiObject.isApiObject(node)) continue;
    const isVolume = node.kind === 'PersistentVolume';
    const namespace = isVolume ? undefined : node.metadata.namespace;
    const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
    const owner = claim(owners, `${node.apiGroup} ${node.kind} ${node.name}${where}`, self);
    if (owner !== undefined) {
      const problem = `${node.kind} ${node.name}${where} already belongs to ${owner.path}`;
      const remedy = isVolume
        ? 'set another volumeName in the storage'
        : 'use different names (name, redisName, shardName, proxiesName, claimName)';
      refuse(fleet, `${problem}; ${remedy}`);
    }
    if (isVolume) for (const it of statefulSets) claimDirectory(fleet, directories, node, it);
  }
}

interface NfsVolume {
  readonly spec: { readonly nfs?: { readonly server: string; readonly path: string } };
}

function claimDirectory(fleet: Construct, directories: Owners, volume: ApiObject, statefulSet: string): void {
  const { nfs } = (volume.toJson() as NfsVolume).spec;
  if (nfs === undefined) return;
  const place = `${nfs.server}:${path.posix.join(nfs.path, '/')}`;
  const owner = claim(directories, `${place} ${statefulSet}`, { fleet, path: fleet.node.path });
  if (owner === undefined) return;
  const problem = `on ${place} the directories ${statefulSet}-0 and so on already belong to the shards of ${owner.path}`;
  refuse(fleet, `${problem}; use another export, or another redisName`);
}

/** Registers an owner; returns the previous owner if that is another fleet. */
function claim(owners: Owners, key: string, self: Owner): Owner | undefined {
  const owner = owners.get(key);
  if (owner !== undefined && owner.fleet !== self.fleet) return owner;
  owners.set(key, owner ?? self);
  return undefined;
}
