// Where the two servers of a shard run: never on the same node.

import { k8s } from 'cdk8s-plus-27';
import { type Side } from '../failover/replica-plan';
import { checkArguments } from '../nutcracker/checked-arguments';

const HOSTNAME = 'kubernetes.io/hostname';

/**
 * How the servers of a shard are kept on different nodes. Kubernetes 1.27 has no label for the ordinal of a pod, so no rule can
 * compare the ordinals of two pods: the rules keep all servers a apart from all servers b.
 */
export class ReplicaPlacement {
  /**
   * A node runs servers of one set only: whichever comes first. If the servers a of a running fleet are on all nodes, the servers
   * b stay Pending until there are other nodes; `byLabel` divides the existing ones.
   */
  static separateNodes(): ReplicaPlacement {
    return new ReplicaPlacement();
  }

  /**
   * Servers a run on nodes whose label has one of the first values, servers b on nodes with one of the second, such as zones:
   * `byLabel('topology.kubernetes.io/zone', ['zone-1'], ['zone-2'])`. Throws if a value is in both lists, or a list is empty.
   *
   * @param label the name of the label
   * @param valuesOfA its values on the nodes of servers a
   * @param valuesOfB its values on the nodes of servers b
   */
  static byLabel(label: string, valuesOfA: string[], valuesOfB: string[]): ReplicaPlacement {
    checkArguments('ReplicaPlacement.byLabel', label, valuesOfA, valuesOfB);
    if (valuesOfA.length === 0 || valuesOfB.length === 0)
      throw new Error(`ReplicaPlacement.byLabel: ${label} has no values for one of the sets; list the values of both`);
    const both = valuesOfA.find((value) => valuesOfB.includes(value));
    if (both !== undefined) {
      const problem = `${label}=${both} is in both lists, so both servers of a shard could be on such a node`;
      throw new Error(`ReplicaPlacement.byLabel: ${problem}; list each value once`);
    }
    return new ReplicaPlacement({ label, a: [...valuesOfA], b: [...valuesOfB] });
  }

  private constructor(
    private readonly nodes?: { readonly label: string; readonly a: string[]; readonly b: string[] },
  ) {}

  /**
   * The affinity of a set: the given one, and the rule.
   * @internal
   */
  public _affinity(server: Side, selectorOfA: Record<string, string>, given?: k8s.Affinity): k8s.Affinity | undefined {
    if (this.nodes === undefined) return server === 'a' ? given : apartFrom(selectorOfA, given);
    const { label } = this.nodes;
    return onNodes({ key: label, operator: 'In', values: this.nodes[server] }, given);
  }
}

/** The rule of b also keeps pods of a away from nodes with a b: the scheduler respects it in both directions. */
function apartFrom(matchLabels: Record<string, string>, given: k8s.Affinity = {}): k8s.Affinity {
  const { podAntiAffinity = {} } = given;
  const { requiredDuringSchedulingIgnoredDuringExecution: required = [] } = podAntiAffinity;
  const rule = { topologyKey: HOSTNAME, labelSelector: { matchLabels } };
  return {
    ...given,
    podAntiAffinity: { ...podAntiAffinity, requiredDuringSchedulingIgnoredDuringExecution: [...required, rule] },
  };
}

/** The terms of a node selector are alternatives, so the rule is added to each. */
function onNodes(rule: k8s.NodeSelectorRequirement, given: k8s.Affinity = {}): k8s.Affinity {
  const { nodeAffinity = {} } = given;
  const { nodeSelectorTerms } = nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution ?? {
    nodeSelectorTerms: [{}],
  };
  const terms = nodeSelectorTerms.map((term) => ({
    ...term,
    matchExpressions: [...(term.matchExpressions ?? []), rule],
  }));
  return {
    ...given,
    nodeAffinity: { ...nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
  };
}
