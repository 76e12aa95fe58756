// The network policies of the shards, the proxies and the migration Jobs.

import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkProps } from './common/check-props';
import { refuseValue } from './common/prop-errors';
import { cidrProblem } from './common/kubernetes-values';
import { type FleetBackup } from './fleet-backup';
import { type FleetFailover } from './fleet-failover';
import { type FleetMetrics } from './fleet-metrics';
import { type FleetMigration } from './fleet-migration';
import { type FleetPasswords } from './fleet-passwords';
import { type FleetReshard } from './fleet-reshard';
import { egressTo } from './network/egress';
import { NetworkPeer } from './network-peer';
import { type NetworkPoliciesProps } from './network-policies-props';
import { type RedisCluster } from './redis-cluster';
import { type RedisStatefulSet } from './redis-stateful-set';
import { type TwemproxyLayer } from './twemproxy-layer';

/** A workload that a policy selects. */
type Protected = Pick<
  | RedisStatefulSet
  | TwemproxyLayer
  | FleetMigration
  | FleetFailover
  | FleetBackup
  | FleetPasswords
  | FleetReshard
  | FleetMetrics,
  'labels' | 'podSelector'
>;

/**
 * A NetworkPolicy for the shards, one for each TwemproxyLayer, one for the Jobs, and one for the metrics. The network plugin must enforce
 * them. Kubelet probes come from the node and pass. The node mounts volumes, including NFS; policies do not apply to them.
 */
export class NetworkPolicies extends Construct {
  /** The policy of the shards. */
  readonly redisPolicy: k8s.KubeNetworkPolicy;
  /** The policy of the second servers of the shards, if there are replicas. */
  readonly replicaPolicy?: k8s.KubeNetworkPolicy;
  /** The policy of the Sentinels, if there are any. */
  readonly sentinelPolicy?: k8s.KubeNetworkPolicy;
  /** The policies of the proxies, in the order of `proxies`. */
  readonly proxyPolicies: k8s.KubeNetworkPolicy[];
  /** The policy of the failover Jobs, if there are any. Only with metrics it allows ingress. */
  readonly failoverPolicy?: k8s.KubeNetworkPolicy;
  /** The policy of the Jobs for backups, if there are any. Shards may connect to the one for a restore, and `clients` of metrics to each. */
  readonly backupPolicy?: k8s.KubeNetworkPolicy;
  /** The policy of the Jobs that change the password, if there are any. Only with metrics it allows ingress. */
  readonly passwordsPolicy?: k8s.KubeNetworkPolicy;
  /** The policy of the Jobs that change the ring, if there are any. It allows no ingress. */
  readonly reshardPolicy?: k8s.KubeNetworkPolicy;
  /** Lets the Jobs that change the ring connect to the nodes of a Redis Cluster, beside the policy that the cluster has. */
  readonly clusterPolicy?: k8s.KubeNetworkPolicy;
  /** The policy of the metrics, if there are any. */
  readonly metricsPolicy?: k8s.KubeNetworkPolicy;
  /** The policy of the migration Jobs, if there is a migration. Only with metrics it allows ingress. */
  readonly migrationPolicy?: k8s.KubeNetworkPolicy;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: NetworkPoliciesProps,
  ) {
    super(scope, id);
    checkProps(this, 'NetworkPoliciesProps', props);
    const {
      redis,
      proxies,
      migration,
      failover,
      backup,
      passwords,
      reshard,
      proxyClients = [NetworkPeer.ownNamespace()],
      statsClients = [],
      metrics,
    } = props;
    for (const network of props.oldServerNetworks ?? []) {
      refuseValue(this, 'oldServerNetworks', network, cidrProblem(network));
    }
    const { sentinels } = props;
    const { podSelector, replicaPodSelector, replicaStatefulSet } = redis;
    // The servers of a shard replicate from each other, and ask the Sentinels when they start.
    const fleet = [
      ...(replicaPodSelector ? [podSelector, replicaPodSelector] : []),
      ...(sentinels ? [sentinels.podSelector] : []),
    ].map((selector) => NetworkPeer.pods(selector));
    const jobs = [migration, failover, backup, passwords, reshard].flatMap((it) => (it === undefined ? [] : [it]));
    const users = [...proxies, ...jobs].map(({ podSelector: selector }) => NetworkPeer.pods(selector));
    const exporters = metrics ? [NetworkPeer.pods(metrics.podSelector)] : [];
    const redisClients = [...users, ...fleet, ...exporters, ...(props.redisClients ?? [])];
    const oldServers = migration?.bridge.shards.map(({ oldAddress }) => oldAddress) ?? [];
    const ownServers = [...redis.addresses, ...redis.replicaAddresses, ...(sentinels?.addresses ?? [])];
    const everyServer = [...ownServers, ...oldServers];
    const toServer = (...ports: number[]): k8s.NetworkPolicyIngressRule[] => NetworkPeer._ingress(redisClients, ports);
    // A shard that is restored loads the file from the Job.
    const toRestore = backup ? NetworkPeer._egress([NetworkPeer.pods(backup.podSelector)], backup.restorePorts) : [];
    this.redisPolicy = this.policy(
      'redis',
      redis.statefulSet.name,
      redis,
      toServer(...redis.openPorts),
      everyServer,
      toRestore,
    );
    this.replicaPolicy =
      replicaStatefulSet &&
      replicaPodSelector &&
      this.policy(
        'replicas',
        replicaStatefulSet.name,
        { labels: { ...redis.labels, ...replicaPodSelector }, podSelector: replicaPodSelector },
        toServer(...redis.openReplicaPorts),
        everyServer,
        toRestore,
      );
    this.sentinelPolicy =
      sentinels &&
      this.policy(
        'sentinels',
        sentinels.statefulSet.name,
        sentinels,
        [
          ...NetworkPeer._ingress([...users, ...fleet], sentinels.openPorts),
          // Whose certificates are read.
          ...NetworkPeer._ingress(redis.tls ? exporters : [], redis._tlsPorts.slice(2)),
        ],
        ownServers,
      );
    this.proxyPolicies = proxies.map((layer, i) =>
      this.policy(
        `proxy-${i}`,
        layer.deployment.name,
        layer,
        [
          ...NetworkPeer._ingress(proxyClients, layer.ports),
          // They ask the proxies which password they have.
          ...(passwords
            ? NetworkPeer._ingress([NetworkPeer.pods(passwords.podSelector)], layer.ports.slice(0, 1))
            : []),
          ...NetworkPeer._ingress(statsClients, [layer.statsPort, ...(layer.healthPort ? [layer.healthPort] : [])]),
          ...NetworkPeer._ingress(exporters, [layer.statsPort, ...layer.tlsPorts.slice(0, 1)]),
          ...(layer.healthPort && metrics ? NetworkPeer._ingress(metrics.clients, [layer.healthPort]) : []),
        ],
        layer.serverAddresses,
      ),
    );
    this.metricsPolicy = metrics && this.policyOfMetrics(metrics);
    this.failoverPolicy =
      failover && this.policy('failover', failover.name, failover, this.toJob(failover), ownServers);
    this.passwordsPolicy =
      passwords &&
      this.policy(
        'passwords',
        passwords.name,
        passwords,
        this.toJob(passwords),
        ownServers,
        proxies.flatMap(({ podSelector: pods, ports }) =>
          NetworkPeer._egress([NetworkPeer.pods(pods)], ports.slice(0, 1)),
        ),
      );
    this.reshardPolicy =
      reshard && this.policy('reshard', reshard.name, reshard, [], ownServers, toCluster(reshard.cluster));
    this.clusterPolicy = reshard?.cluster && this.policyOfCluster(reshard, reshard.cluster);
    this.migrationPolicy =
      migration && this.policy('migration', migration.name, migration, this.toJob(migration), everyServer);
    this.backupPolicy = backup && this.policyOfBackup(backup, ownServers);
  }

  /** Prometheus scrapes the Jobs while they run. */
  private toJob({ metricsPort }: Pick<FleetMigration, 'metricsPort'>): k8s.NetworkPolicyIngressRule[] {
    const { metrics } = this.props;
    return metricsPort && metrics ? NetworkPeer._ingress(metrics.clients, [metricsPort]) : [];
  }

  private policyOfBackup(backup: FleetBackup, servers: string[]): k8s.KubeNetworkPolicy {
    const { podSelector, replicaPodSelector } = this.props.redis;
    const selectors = [podSelector, ...(replicaPodSelector ? [replicaPodSelector] : [])];
    const shards = selectors.map((selector) => NetworkPeer.pods(selector));
    const ingress = [...NetworkPeer._ingress(shards, backup.restorePorts), ...this.toJob(backup)];
    const copies = backup.copyPort === undefined ? [] : NetworkPeer._egress([NetworkPeer.anyone()], [backup.copyPort]);
    return this.policy('backup', backup.name, backup, ingress, servers, copies);
  }

  private policyOfCluster({ name, labels, podSelector }: FleetReshard, cluster: RedisCluster): k8s.KubeNetworkPolicy {
    const ingress = NetworkPeer._ingress([NetworkPeer.pods(podSelector)], [cluster.port]);
    return new k8s.KubeNetworkPolicy(this, 'cluster', {
      metadata: { name: `${name}-cluster`, labels },
      spec: { podSelector: { matchLabels: cluster.podSelector }, policyTypes: ['Ingress'], ingress },
    });
  }

  private policyOfMetrics(metrics: FleetMetrics): k8s.KubeNetworkPolicy {
    const { redis, proxies, sentinels } = this.props;
    const ingress = NetworkPeer._ingress(metrics.clients, metrics.ports);
    const servers = [...redis.addresses, ...redis.replicaAddresses];
    const certified = sentinels && redis.tls ? [NetworkPeer.pods(sentinels.podSelector)] : [];
    const stats = proxies.flatMap(({ podSelector, statsPort, tlsPorts }) =>
      NetworkPeer._egress([NetworkPeer.pods(podSelector)], [statsPort, ...tlsPorts.slice(0, 1)]),
    );
    const others = [...stats, ...NetworkPeer._egress(certified, redis._tlsPorts.slice(2))];
    return this.policy('metrics', metrics.deployment.name, metrics, ingress, servers, others);
  }

  private policy(
    id: string,
    name: string,
    { labels, podSelector }: Protected,
    ingress: k8s.NetworkPolicyIngressRule[],
    servers: string[],
    others: k8s.NetworkPolicyEgressRule[] = [],
  ): k8s.KubeNetworkPolicy {
    const { redis, sentinels, limitEgress = true, oldServerNetworks = [], egressPeers = [] } = this.props;
    const own = [...egressTo(servers, redis, sentinels, oldServerNetworks), ...others];
    const egress = [...own, ...NetworkPeer._egress(egressPeers)];
    return new k8s.KubeNetworkPolicy(this, id, {
      metadata: { name, labels },
      spec: {
        podSelector: { matchLabels: podSelector },
        policyTypes: limitEgress ? ['Ingress', 'Egress'] : ['Ingress'],
        ingress,
        ...(limitEgress && { egress }),
      },
    });
  }
}

function toCluster(cluster?: RedisCluster): k8s.NetworkPolicyEgressRule[] {
  return cluster ? NetworkPeer._egress([NetworkPeer.pods(cluster.podSelector)], [cluster.port]) : [];
}
