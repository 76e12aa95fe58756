// A Redis Cluster: its nodes, and the Job that creates it.

import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkProps } from './common/check-props';
import { disruptionBudget } from './common/disruption-budget';
import { refuseDuplicates } from './common/duplicate-objects';
import { hashedConfigMap } from './common/hashed-config-map';
import { type Identity, recommendedLabels, selectorLabels } from './common/labels';
import { withPath } from './common/prop-errors';
import { type SecretKey } from './common/secret-key';
import { hashedJob } from './jobs/hashed-job';
import { DNS } from './network/dns';
import { NetworkPeer } from './network-peer';
import { checkCluster } from './redis/cluster-checks';
import { createJobSpec } from './redis/cluster-job';
import { busPortOf, nodeData, nodePod, nodePorts, nodesOfShard, portsOf } from './redis/cluster-node';
import { DEFAULT_REDIS_IMAGE } from './redis/config/server-version';
import { DATA_VOLUME } from './redis/redis-pod';
import { addressOf, headlessService, nameIn, podService } from './redis/redis-services';
import { type RedisClusterProps } from './redis-cluster-props';
import { type ShardVolume } from './storage/i-shard-storage';
import { provide } from './storage/provide';
import { type ClusterTls } from './tls/tls-options';

/**
 * A Redis Cluster: a StatefulSet with `masters * (1 + replicas)` nodes, its headless Service, a Service for each node, the configuration,
 * disruption budgets, network policies, and a Job that makes the nodes a cluster. A master and its replicas have ordinals that
 * follow each other: with one replica, pod 0 is the first master, and pod 1 its replica.
 *
 * The Job can run again at any time. It only resets nodes without keys, and adds a node that has lost its disk.
 */
export class RedisCluster extends Construct {
  /** The StatefulSet. */
  readonly statefulSet: k8s.KubeStatefulSet;
  /** The headless Service, which gives each pod its DNS name. */
  readonly service: k8s.KubeService;
  /** The Service of each node, by ordinal: its address is the one that the node announces. */
  readonly nodeServices: k8s.KubeService[];
  /** redis.conf and the scripts. */
  readonly configMap: k8s.KubeConfigMap;
  /** The Job that creates the cluster. */
  readonly createJob: k8s.KubeJob;
  /** Limits evictions: with replicas, a budget for each master and its replicas, otherwise one for all nodes. */
  readonly podDisruptionBudgets: k8s.KubePodDisruptionBudget[];
  /** The network policy of the nodes. */
  readonly networkPolicy: k8s.KubeNetworkPolicy;
  /** The network policy of the Job. */
  readonly createPolicy: k8s.KubeNetworkPolicy;
  /** `host:port` of each node, by ordinal. The host is fully qualified if the chart has a namespace. */
  readonly addresses: string[];
  /** The labels of every object. */
  readonly labels: { [key: string]: string };
  /** The labels that select the pods. */
  readonly podSelector: { [key: string]: string };
  /** The number of masters. */
  readonly masters: number;
  /** The port for clients: that with TLS, if there is one. */
  readonly port: number;
  /** The port for clients without TLS; undefined if there is none. */
  readonly plainPort?: number;
  /** TLS of the nodes; undefined without it. */
  readonly tls?: ClusterTls;
  /** The names that the certificate of the nodes must have; empty without TLS. */
  readonly tlsNames: string[];
  /** The password of every node. */
  readonly password: SecretKey;
  /** Whether new nodes let their clients use no keys. */
  readonly startClosed: boolean;

  constructor(scope: Construct, id: string, props: RedisClusterProps) {
    super(scope, id);
    checkProps(this, 'RedisClusterProps', props);
    checkCluster(this, props);
    const { name, masters, image = DEFAULT_REDIS_IMAGE, partOf = name, clusterDomain } = props;
    const identity: Identity = { program: 'redis', instance: name, component: 'cluster-node', partOf, image };
    const nodes = Array.from({ length: masters * nodesOfShard(props) }, (_, n) => n);
    this.labels = recommendedLabels(identity);
    this.podSelector = selectorLabels(identity);
    this.masters = masters;
    const { used, plain } = portsOf(props);
    this.port = used;
    this.plainPort = plain;
    this.tls = props.tls;
    this.password = props.password;
    this.startClosed = props.startClosed ?? false;
    this.addresses = nodes.map((n) => addressOf(this, `${name}-${n}`, this.port, clusterDomain));
    this.tlsNames = props.tls ? this.addresses.map(nameIn) : [];

    const { labels, podSelector: selector } = this;
    const services = { statefulSet: name, labels, selector, ports: nodePorts(props), publishNotReady: true };
    this.service = headlessService(this, name, services);
    this.nodeServices = nodes.map((n) => podService(this, `node-${n}`, `${name}-${n}`, n, services));
    const data = withPath(this, () => nodeData(props, this.addresses));
    this.configMap = hashedConfigMap(this, 'config', `${name}-config`, labels, data);
    const storage = this.storageOf(props, nodes.length);
    this.statefulSet = this.nodesOf(props, nodes.length, storage, identity);
    this.podDisruptionBudgets = this.budgets(props);
    const ofJob = { ...identity, instance: `${name}-create`, component: 'create' };
    const spec = createJobSpec(props, this.configMap.name, recommendedLabels(ofJob, props.podLabels));
    this.createJob = hashedJob(this, 'create', `${name}-create`, recommendedLabels(ofJob), spec);
    [this.networkPolicy, this.createPolicy] = this.policies(props, ofJob);
    refuseDuplicates(this);
  }

  private storageOf(
    { name, partOf = name, storage, storageScope = this }: RedisClusterProps,
    shards: number,
  ): ShardVolume {
    // No version label: the data outlives the image.
    const labels = recommendedLabels({ program: 'redis', instance: name, component: 'cluster-node', partOf });
    return provide(this, 'storage', storage, storageScope, { name, shards, volumeName: DATA_VOLUME, labels });
  }

  private nodesOf(
    props: RedisClusterProps,
    replicas: number,
    storage: ShardVolume,
    identity: Identity,
  ): k8s.KubeStatefulSet {
    const { name, updateStrategy = 'RollingUpdate', podLabels, podAnnotations } = props;
    const { labels, podSelector: selector } = this;
    return new k8s.KubeStatefulSet(this, 'stateful-set', {
      metadata: { name, labels },
      spec: {
        replicas,
        serviceName: name,
        podManagementPolicy: 'Parallel',
        updateStrategy: { type: updateStrategy },
        selector: { matchLabels: selector },
        ...(storage.claimTemplate && {
          volumeClaimTemplates: [storage.claimTemplate],
          persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        }),
        template: {
          metadata: { labels: recommendedLabels(identity, podLabels), annotations: podAnnotations },
          spec: nodePod(props, { configMap: this.configMap.name, selector, storage }),
        },
      },
    });
  }

  /** `minAvailable`, since `maxUnavailable` counts all pods of the StatefulSet. */
  private budgets(props: RedisClusterProps): k8s.KubePodDisruptionBudget[] {
    const { name, masters, replicas = 1 } = props;
    const { labels, podSelector } = this;
    if (replicas === 0) return [disruptionBudget(this, { name, labels }, podSelector, props)];
    return Array.from({ length: masters }, (_, shard) => {
      const pods = Array.from({ length: 1 + replicas }, (__, i) => `${name}-${shard * (1 + replicas) + i}`);
      const selector = {
        matchExpressions: [{ key: 'statefulset.kubernetes.io/pod-name', operator: 'In', values: pods }],
      };
      return new k8s.KubePodDisruptionBudget(this, `disruption-budget-${shard}`, {
        metadata: { name: `${name}-shard-${shard}`, labels },
        spec: { minAvailable: k8s.IntOrString.fromNumber(replicas), selector },
      });
    });
  }

  private policies(props: RedisClusterProps, job: Identity): [k8s.KubeNetworkPolicy, k8s.KubeNetworkPolicy] {
    const { name, clients = [NetworkPeer.ownNamespace()] } = props;
    const { labels, podSelector } = this;
    const [nodes, jobs] = [podSelector, selectorLabels(job)].map((it) => NetworkPeer.pods(it));
    const ports = [this.port, busPortOf(props)];
    const egress = [DNS, ...NetworkPeer._egress([nodes], ports)];
    const policyTypes = ['Ingress', 'Egress'];
    const ingress = [
      ...NetworkPeer._ingress([nodes], ports),
      ...NetworkPeer._ingress([...clients, jobs], portsOf(props).all),
    ];
    return [
      new k8s.KubeNetworkPolicy(this, 'policy', {
        metadata: { name, labels },
        spec: { podSelector: { matchLabels: podSelector }, policyTypes, ingress, egress },
      }),
      new k8s.KubeNetworkPolicy(this, 'create-policy', {
        metadata: { name: `${name}-create`, labels: recommendedLabels(job) },
        spec: { podSelector: { matchLabels: selectorLabels(job) }, policyTypes, ingress: [], egress },
      }),
    ];
  }
}
