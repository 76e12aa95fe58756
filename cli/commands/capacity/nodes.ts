// How many nodes hold the servers of all fleets after one node, or one zone, is lost.

/** The servers of a fleet. All have the same memory. */
export interface FleetPods {
  readonly shards: number;
  /** In bytes. */
  readonly memory: number;
  /** 1 for two servers for each shard, which never share a node: a node has servers of one set only. */
  readonly replicas: number;
}

export interface NodesOptions {
  /** The allocatable memory of a node, in bytes. */
  readonly nodeMemory: number;
  /** The number of zones, of which one may be lost. @default 1 - one node may be lost */
  readonly zones?: number;
}

/** Kubelet runs at most 110 pods by default; some are the node's own. */
const PODS_PER_NODE = 100;

interface Pod {
  readonly fleet: number;
  readonly set: 'a' | 'b';
  readonly memory: number;
}

/** A node, with the set of each fleet that it runs. */
interface Node {
  free: number;
  readonly pods: Pod[];
  readonly sets: Map<number, Pod['set']>;
}

/** The number of nodes; undefined if a server does not fit on one. */
export function nodesFor(fleets: readonly FleetPods[], { nodeMemory, zones = 1 }: NodesOptions): number | undefined {
  if (fleets.some(({ memory }) => memory > nodeMemory)) return undefined;
  const pods = fleets
    .flatMap(({ shards, memory, replicas }, fleet) =>
      (['a', 'b'] as const)
        .slice(0, 1 + replicas)
        .flatMap((set) => Array.from({ length: shards }, (): Pod => ({ fleet, set, memory }))),
    )
    .sort((one, other) => other.memory - one.memory);
  if (zones === 1) return packed(pods, nodeMemory, 1);
  const sets = [pods.filter(({ set }) => set === 'a'), pods.filter(({ set }) => set === 'b')];
  // With replicas, each set has zones of its own: if one is lost, the other set serves. Within a zone, one node may be lost.
  if (sets[1].length > 0) return packed(sets[0], nodeMemory, 1) + packed(sets[1], nodeMemory, 1);
  return packed(pods, nodeMemory, zones);
}

/** First fit decreasing, and then as many more nodes as it takes. */
function packed(pods: readonly Pod[], nodeMemory: number, zones: number): number {
  for (let spare = 0; ; spare++) {
    const nodes: Node[] = Array.from({ length: spare }, () => empty(nodeMemory));
    const filled: Node[] = [];
    for (const pod of pods) {
      if (place(pod, filled)) continue;
      const node = empty(nodeMemory);
      place(pod, [node]);
      filled.push(node);
    }
    nodes.push(...filled);
    if (nodes.length % zones === 0 && survives(nodes, zones)) return nodes.length;
  }
}

function empty(nodeMemory: number): Node {
  return { free: nodeMemory, pods: [], sets: new Map() };
}

/** Puts a pod on the first node with room for it; false if there is none. */
function place(pod: Pod, nodes: readonly Node[]): boolean {
  const { fleet, set, memory } = pod;
  const node = nodes.find(
    ({ free, pods, sets }) =>
      free >= memory && pods.length < PODS_PER_NODE && (sets.get(fleet) === undefined || sets.get(fleet) === set),
  );
  if (node === undefined) return false;
  node.free -= memory;
  node.pods.push(pod);
  node.sets.set(fleet, set);
  return true;
}

/** Whether the pods of any lost node, or zone, fit on the others, whose pods stay where they are. */
function survives(nodes: readonly Node[], zones: number): boolean {
  const groups = zones === 1 ? nodes.map((node) => [node]) : inZones(nodes, zones);
  return groups.every((lost) => {
    const others = nodes
      .filter((node) => !lost.includes(node))
      .map(({ free, pods, sets }) => ({ free, pods: [...pods], sets: new Map(sets) }));
    return lost.flatMap(({ pods }) => pods).every((pod) => place(pod, others));
  });
}

function inZones(nodes: readonly Node[], zones: number): Node[][] {
  return Array.from({ length: zones }, (_, zone) => nodes.filter((_node, i) => i % zones === zone));
}
