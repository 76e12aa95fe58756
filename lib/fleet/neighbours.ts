// What the fleets of one app must not have in common: a second owner of an object would change or delete the first one's.

import * as path from 'node:path';
import { ApiObject, type Chart } from 'cdk8s';
import { type Construct, type IConstruct } from 'constructs';
import { refuse } from '../common/prop-errors';
import { instanceOf } from '../nutcracker/fleet-shards';

/** Whose something is, and what to call that one. */
interface Owner {
  readonly fleet: IConstruct;
  readonly path: string;
}

/** The owners of things, by what the things are called. */
type Owners = Map<string, Owner>;

interface Neighbours {
  /** By address. */
  readonly oldServers: Owners;
  /** By NFS server, exported directory and StatefulSet: in it, each pod has a directory named after itself. */
  readonly directories: Owners;
  /** The chart of each namespace that is created. */
  readonly namespaces: Map<string, Chart>;
  /** By the scope in which fleets stand side by side; fleets in other scopes may be for other clusters. */
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

/** Refuses an old server that moves to other shards than these already: once it is fenced, both fleets are without it. */
export function claimOldServers(scope: Construct, addresses: readonly string[], shards: IConstruct): void {
  const { oldServers } = neighboursIn(scope);
  for (const address of addresses) {
    const owner = claim(oldServers, instanceOf(address), { fleet: shards, path: scope.node.path });
    if (owner === undefined) continue;
    const what = `the old server ${address} moves with ${owner.path} already, and can move only once`;
    refuse(scope, `${what}; make one fleet of the pools that share it, with pools: [...]`);
  }
}

/** The chart in which a namespace is created: one for all fleets of the app that want it. */
export function namespaceChart(fleet: Construct, namespace: string, create: () => Chart): Chart {
  const { namespaces } = neighboursIn(fleet);
  const chart = namespaces.get(namespace) ?? create();
  namespaces.set(namespace, chart);
  return chart;
}

/** Refuses objects that a fleet beside this one makes as well, and directories on NFS in which two would write. */
export function claimObjects(fleet: Construct, charts: readonly Chart[], statefulSet: string): void {
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
      const what = `${node.kind} ${node.name}${where} is one of ${owner.path} already`;
      const props = isVolume
        ? 'another volumeName to its storage'
        : 'this fleet names of its own (name, redisName, shardName, proxiesName, claimName)';
      refuse(fleet, `${what}; give ${props}`);
    }
    if (isVolume) claimDirectory(fleet, directories, node, statefulSet);
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
  const what = `on ${place} the shards of ${owner.path} have the directories ${statefulSet}-0 and so on already`;
  refuse(fleet, `${what}; give this fleet another export, or another redisName`);
}

/** Takes a thing for a fleet; gives the other one that has it. */
function claim(owners: Owners, what: string, self: Owner): Owner | undefined {
  const owner = owners.get(what);
  if (owner !== undefined && owner.fleet !== self.fleet) return owner;
  owners.set(what, owner ?? self);
  return undefined;
}
