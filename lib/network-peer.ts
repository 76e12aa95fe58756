// The peers of a network policy.

import { k8s } from 'cdk8s-plus-27';
import { cidrProblem } from './common/kubernetes-values';
import { checkArguments } from './nutcracker/checked-arguments';

/** A peer of a NetworkPolicy: the source of an allowed connection, or its destination. */
export class NetworkPeer {
  /** Pods with these labels, in the namespace of the policy. */
  static pods(labels: { [key: string]: string }): NetworkPeer {
    checkArguments('NetworkPeer.pods', labels);
    return new NetworkPeer({ podSelector: { matchLabels: labels } });
  }

  /** Every pod in the namespace of the policy. */
  static ownNamespace(): NetworkPeer {
    return new NetworkPeer({ podSelector: {} });
  }

  /** Every pod in the namespaces with these labels. The name of a namespace is its label `kubernetes.io/metadata.name`. */
  static namespaces(labels: { [key: string]: string }): NetworkPeer {
    checkArguments('NetworkPeer.namespaces', labels);
    return new NetworkPeer({ namespaceSelector: { matchLabels: labels } });
  }

  /** An address block, such as `10.0.0.0/8`: virtual machines, or clients of a node port. */
  static cidr(block: string): NetworkPeer {
    checkArguments('NetworkPeer.cidr', block);
    const problem = cidrProblem(block);
    if (problem !== undefined) {
      throw new Error(`NetworkPeer.cidr: ${JSON.stringify(block)} is not an address block; ${problem}`);
    }
    return new NetworkPeer({ ipBlock: { cidr: block } });
  }

  /** Any address. */
  static anyone(): NetworkPeer {
    return new NetworkPeer(undefined);
  }

  private constructor(private readonly peer: k8s.NetworkPolicyPeer | undefined) {}

  /** @internal */
  static _ingress(peers: NetworkPeer[], ports: number[]): k8s.NetworkPolicyIngressRule[] {
    if (peers.length === 0) return [];
    const from = NetworkPeer.selectors(peers);
    return [from ? { from, ports: tcp(ports) } : { ports: tcp(ports) }];
  }

  /** @internal */
  static _egress(peers: NetworkPeer[], ports?: number[]): k8s.NetworkPolicyEgressRule[] {
    if (peers.length === 0) return [];
    const to = NetworkPeer.selectors(peers);
    return [{ ...(to && { to }), ...(ports && { ports: tcp(ports) }) }];
  }

  /** Undefined for any peer: an empty list would mean the same, but reads as "none". */
  private static selectors(peers: NetworkPeer[]): k8s.NetworkPolicyPeer[] | undefined {
    const selectors = peers.flatMap(({ peer }) => (peer ? [peer] : []));
    return selectors.length < peers.length ? undefined : selectors;
  }
}

function tcp(ports: number[]): k8s.NetworkPolicyPort[] {
  return ports.map((port) => ({ protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) }));
}
