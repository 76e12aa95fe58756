// Who may talk to the shards, and who to the proxies.

import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkProps } from './common/check-props';
import { NetworkPeer } from './network-peer';
import { type RedisStatefulSet } from './redis-stateful-set';
import { type TwemproxyLayer } from './twemproxy-layer';

/** Who is protected, and who is let in. */
export interface NetworkPoliciesProps {
  /** The shards. */
  readonly redis: RedisStatefulSet;

  /** The proxies, which may talk to the shards. */
  readonly proxies: TwemproxyLayer[];

  /**
   * Who else may talk to the shards: backups, exporters, the old servers of a move with `keepLegacyInSync`.
   * @default - nobody
   */
  readonly redisClients?: NetworkPeer[];

  /**
   * Who may talk to the proxies.
   * @default - every pod in the namespace
   */
  readonly proxyClients?: NetworkPeer[];

  /**
   * Who may read the statistics of the proxies.
   * @default - who may talk to the proxies
   */
  readonly statsClients?: NetworkPeer[];
}

/**
 * A NetworkPolicy for the shards and one for each TwemproxyLayer. They limit who comes in, not where the pods connect
 * to, and they need a network plugin that enforces them. Probes of kubelet come from the node and pass.
 */
export class NetworkPolicies extends Construct {
  /** The policy of the shards. */
  readonly redisPolicy: k8s.KubeNetworkPolicy;
  /** The policies of the proxies, in the order of `proxies`. */
  readonly proxyPolicies: k8s.KubeNetworkPolicy[];

  constructor(scope: Construct, id: string, props: NetworkPoliciesProps) {
    super(scope, id);
    checkProps(this, 'NetworkPoliciesProps', props);
    const { redis, proxies, proxyClients = [NetworkPeer.ownNamespace()], statsClients } = props;
    const proxyPods = proxies.map((layer) => NetworkPeer.pods(layer.podSelector));
    const redisClients = [...proxyPods, ...(props.redisClients ?? [])];
    this.redisPolicy = this.policy(
      'redis',
      redis.statefulSet.name,
      redis,
      NetworkPeer._rules(redisClients, [redis.port]),
    );
    this.proxyPolicies = proxies.map((layer, i) =>
      this.policy(`proxy-${i}`, layer.deployment.name, layer, [
        ...NetworkPeer._rules(proxyClients, statsClients ? layer.ports : [...layer.ports, layer.statsPort]),
        ...NetworkPeer._rules(statsClients ?? [], [layer.statsPort]),
      ]),
    );
  }

  private policy(
    id: string,
    name: string,
    { labels, podSelector }: RedisStatefulSet | TwemproxyLayer,
    ingress: k8s.NetworkPolicyIngressRule[],
  ): k8s.KubeNetworkPolicy {
    return new k8s.KubeNetworkPolicy(this, id, {
      metadata: { name, labels },
      spec: { podSelector: { matchLabels: podSelector }, policyTypes: ['Ingress'], ingress },
    });
  }
}
