// The nodes of a Redis Cluster as one of them sees them: the reply to CLUSTER NODES.

import { type ReshardAddress } from '../plan/plan';
import { SLOTS } from '../plan/slots';

export interface ClusterNode {
  readonly id: string;
  /** The host is empty if the node that was asked does not know its own address yet. */
  readonly address: ReshardAddress;
  /** The name that it announces. */
  readonly hostname?: string;
  readonly flags: readonly string[];
  /** The id of its master; undefined if it is a master. */
  readonly master?: string;
  /** The first and the last slot of each of its ranges. */
  readonly ranges: readonly (readonly [number, number])[];
}

export class Topology {
  static parse(text: string): Topology {
    const lines = text.split('\n').filter(Boolean);
    return new Topology(lines.map(nodeIn), lines.some(hasOpenSlot));
  }

  private constructor(
    readonly nodes: readonly ClusterNode[],
    /** Whether a slot is being moved from or to the node that was asked. */
    private readonly hasOpenSlots: boolean,
  ) {}

  get self(): ClusterNode | undefined {
    return this.nodes.find(({ flags }) => flags.includes('myself'));
  }

  /** The masters in the order of their slots, each with its replicas. */
  get shards(): ClusterNode[][] {
    const masters = this.nodes.filter(({ master }) => master === undefined);
    const first = ({ ranges }: ClusterNode): number => Math.min(SLOTS, ...ranges.map(([from]) => from));
    return masters
      .sort((one, other) => first(one) - first(other) || (one.id < other.id ? -1 : 1))
      .map((master) => [master, ...this.nodes.filter((node) => node.master === master.id)]);
  }

  /** Which node has which role and slots: equal for equal clusters. */
  get summary(): string {
    const lines = this.nodes.map(({ id, master, ranges }) => `${id} ${String(master)} ${ranges.join(' ')}`);
    return lines.sort().join('\n');
  }

  /** Why no keys can move to it, or from it, now; undefined if they can. */
  get problem(): string | undefined {
    const names = this.shards.flat();
    const failed = this.nodes.find(({ flags }) => flags.includes('fail') || flags.includes('noaddr'));
    if (failed !== undefined) {
      return `its node ${nameOf(failed)} has failed; start it, or remove it with CLUSTER FORGET on every node`;
    }
    const joining = this.nodes.find(({ flags }) => flags.includes('handshake'));
    if (joining !== undefined || names.length < this.nodes.length) return 'a node is joining it; wait until it has';
    if (this.hasOpenSlots) return 'a slot is being moved between its nodes; end that first (redis-cli --cluster check)';
    const covered = this.nodes.flatMap(({ ranges }) => ranges).reduce((sum, [from, to]) => sum + to - from + 1, 0);
    if (covered < SLOTS) return `only ${covered} of its ${SLOTS} slots have a node; give it the others first`;
    return undefined;
  }
}

/** `id ip:port@bus-port,hostname flags master ping pong epoch link slot...` */
function nodeIn(line: string): ClusterNode {
  const [id, where, flags, master, , , , , ...slots] = line.split(' ');
  const [address, hostname] = where.split(',');
  const [endpoint] = address.split('@');
  const colon = endpoint.lastIndexOf(':');
  return {
    id,
    address: { host: endpoint.slice(0, colon), port: Number(endpoint.slice(colon + 1)) },
    ...(hostname && { hostname }),
    flags: flags.split(','),
    ...(master !== '-' && { master }),
    ranges: slots.filter((slot) => !isOpen(slot)).map(rangeIn),
  };
}

/** A slot that is moved: `[93-<-id]` or `[77->-id]`. */
function isOpen(slot: string): boolean {
  return slot.startsWith('[');
}

function hasOpenSlot(line: string): boolean {
  return line.split(' ').slice(8).some(isOpen);
}

function rangeIn(text: string): [number, number] {
  const [from, to = from] = text.split('-').map(Number);
  return [from, to];
}

function nameOf({ id, hostname, address: { host, port } }: ClusterNode): string {
  return host === '' ? id : `${hostname ?? host}:${port}`;
}
