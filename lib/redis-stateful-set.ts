// The shards of a fleet: one or two Redis servers each, with a stable address and data directory.

import { type k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkProps } from './common/check-props';
import { refuse } from './common/prop-errors';
import { disruptionBudget } from './common/disruption-budget';
import { type Identity, recommendedLabels } from './common/labels';
import { refuseDuplicates } from './common/duplicate-objects';
import { type OldUser } from './migration/old-user';
import { DEFAULT_REDIS_IMAGE } from './redis/config/server-version';
import { startsAsReplica } from './redis/redis-options';
import { DATA_VOLUME } from './redis/redis-pod';
import { nameIn, sentinelAddresses } from './redis/redis-services';
import { type Replication, SENTINEL_PORT } from './redis/replication';
import { ServerPorts, tlsOfReplicas, tlsOfSentinels } from './redis/server-ports';
import { ServerSet } from './redis/server-set';
import { shardBudget } from './redis/shard-budget';
import { checkShards } from './redis/shard-checks';
import { type RedisStatefulSetProps } from './redis-stateful-set-props';
import { type ShardStorageConsumer, type ShardVolume } from './storage/i-shard-storage';
import { provide } from './storage/provide';
import { type OldServerTls, type ShardTls } from './tls/tls-options';

/**
 * N shards: a StatefulSet with its headless Service, a Service for each shard, the configuration, and a disruption
 * budget. With `replicas: 1`, the same once more for the second server of each shard, and a disruption budget for each shard.
 *
 * To set a field that has no prop, patch the object: `redis.statefulSet.addJsonPatch(JsonPatch.add(...))`. Paths use the
 * field names of the L1 types (`/spec/clusterIp`); unknown fields are dropped silently.
 */
export class RedisStatefulSet extends Construct {
  /** The StatefulSet. */
  readonly statefulSet: k8s.KubeStatefulSet;
  /** The headless Service, which gives each pod its DNS name. */
  readonly service: k8s.KubeService;
  /** The Service of each shard, by ordinal. */
  readonly shardServices: k8s.KubeService[];
  /** redis.conf and the scripts. */
  readonly configMap: k8s.KubeConfigMap;
  /** Limits how many shards can be evicted at a time; undefined with replicas, where each shard has its own budget. */
  readonly podDisruptionBudget?: k8s.KubePodDisruptionBudget;
  /**
   * `host:port` of each shard, by ordinal. The host is fully qualified if the chart has a namespace. The port is the one with TLS from the
   * phase USED on.
   */
  readonly addresses: string[];
  /** The labels of every object. */
  readonly labels: { [key: string]: string };
  /** The labels that select the pods. */
  readonly podSelector: { [key: string]: string };
  /** The port of every shard. */
  readonly port: number;
  /** TLS of the shards. */
  readonly tls?: ShardTls;
  /**
   * The names that the certificate of the shards must have, and with replicas those of both servers of each and of the Sentinels; empty
   * without TLS.
   */
  readonly tlsNames: string[];
  /** The open ports of every shard: the plain one, the one with TLS, or both. */
  readonly openPorts: number[];
  /** Whether a new shard starts as a replica, without a master. */
  readonly startAsReplica: boolean;
  /** The user as which a shard replicates from an old server; undefined for the default user. */
  readonly oldUser?: OldUser;
  /** The TLS of the old servers that a shard follows. */
  readonly oldTls?: OldServerTls;

  /** The second server of each shard; undefined without replicas. */
  readonly replicaStatefulSet?: k8s.KubeStatefulSet;
  /** The headless Service of the second servers. */
  readonly replicaService?: k8s.KubeService;
  /** The Service of the second server of each shard, by ordinal; empty without replicas. */
  readonly replicaShardServices: k8s.KubeService[];
  /** redis.conf and the scripts of the second servers. */
  readonly replicaConfigMap?: k8s.KubeConfigMap;
  /** `host:port` of the second server of each shard, by ordinal; empty without replicas. */
  readonly replicaAddresses: string[];
  /** The labels that select the pods of the second servers. */
  readonly replicaPodSelector?: { [key: string]: string };
  /** The port of the second servers. */
  readonly replicaPort: number;
  /** The open ports of the second servers: the plain one, the one with TLS, or both; empty without replicas. */
  readonly openReplicaPorts: number[];
  /** `host:port` of the Sentinels that decide which server is the master; empty without replicas. */
  readonly sentinelAddresses: string[];
  /** The name of the StatefulSet of these Sentinels. */
  readonly sentinelName: string;
  /** The budget of each shard with a replica: one of its servers may be evicted. */
  readonly shardDisruptionBudgets: k8s.KubePodDisruptionBudget[];
  /** @internal */
  readonly _tlsPorts: number[];
  /**
   * What both servers of each shard and the Sentinels know of each other; undefined without replicas.
   * @internal
   */
  readonly _replication?: Replication;
  /**
   * The other ports of servers a and of servers b, by which Sentinels and replicas name them while TLS is turned on or off.
   * @internal
   */
  readonly _otherPorts?: number[];
  /**
   * What the pods mount.
   * @internal
   */
  readonly _storage: ShardVolume;

  constructor(scope: Construct, id: string, props: RedisStatefulSetProps) {
    super(scope, id);
    checkProps(this, 'RedisStatefulSetProps', props);
    checkShards(this, props);
    const { name, shards, serviceName = name, shardName = `${name}-shard`, port = 6379 } = props;
    const { image = DEFAULT_REDIS_IMAGE, partOf = name, clusterDomain } = props;
    const { replicaPort = port + 1, sentinelName = `${name}-sentinel` } = props;
    const hasReplicas = props.replicas === 1;
    const identityOf = (instance: string): Identity => {
      return { program: 'redis', instance, component: 'shard', partOf, image };
    };
    const common = { shards, clusterDomain, publishNotReady: hasReplicas };
    const portsOfA = new ServerPorts(port, props.tls);
    const portsOfB = new ServerPorts(replicaPort, tlsOfReplicas(props.tls, port, replicaPort));
    const portsOfSentinels = new ServerPorts(SENTINEL_PORT, tlsOfSentinels(props.tls));
    const a = new ServerSet(this, {
      ...common,
      server: 'a',
      name,
      serviceName,
      serverService: (n) => `${shardName}-${n}`,
      ports: portsOfA,
      identity: identityOf(name),
    });
    const b = new ServerSet(this, {
      ...common,
      server: 'b',
      name: `${name}-b`,
      serviceName: `${serviceName}-b`,
      serverService: (n) => `${shardName}-${n}-b`,
      ports: portsOfB,
      identity: identityOf(`${name}-b`),
    });
    this.addresses = a.addresses;
    this.labels = a.labels;
    this.podSelector = a.selector;
    this.port = portsOfA.used;
    this.tls = props.tls;
    this.openPorts = portsOfA.all;
    this._tlsPorts = [portsOfA, ...(hasReplicas ? [portsOfB, portsOfSentinels] : [])].flatMap(({ tls }) => tls ?? []);
    this.replicaAddresses = hasReplicas ? b.addresses : [];
    this.replicaPort = portsOfB.used;
    this.openReplicaPorts = hasReplicas ? portsOfB.all : [];
    this.sentinelName = sentinelName;
    this.sentinelAddresses = hasReplicas
      ? sentinelAddresses(this, sentinelName, portsOfSentinels.used, clusterDomain)
      : [];
    this.tlsNames = props.tls ? [...a.addresses, ...this.replicaAddresses, ...this.sentinelAddresses].map(nameIn) : [];
    this.startAsReplica = startsAsReplica(props);
    this.oldUser = props.oldUser;
    this.oldTls = props.oldTls;

    const sentinels = this.sentinelAddresses;
    const replication = hasReplicas
      ? {
          a: a.addresses,
          b: b.addresses,
          ofShard: [a.addressOfAny, b.addressOfAny] as const,
          others: othersOf(a, b),
          sentinels,
          selectorOfA: a.selector,
        }
      : undefined;
    ({ service: this.service, shardServices: this.shardServices } = a.services(this));
    this._replication = replication;
    const others = [portsOfA, portsOfB].flatMap(({ other }) => other ?? []);
    this._otherPorts = replication && others.length > 0 ? others : undefined;
    this.configMap = a.configMap(this, props, replication);
    const { storageScope = this } = props;
    this._storage = provide(this, 'storage', props.storage, storageScope, consumerOf(props, name));
    this.statefulSet = a.statefulSet(this, props, this.configMap.name, this._storage, replication);
    const metadata = { name, labels: a.labels };
    if (replication === undefined) {
      this.podDisruptionBudget = disruptionBudget(this, metadata, a.selector, props);
      this.replicaShardServices = [];
      this.shardDisruptionBudgets = [];
    } else {
      const scopeOfB = new Construct(this, 'b');
      ({ service: this.replicaService, shardServices: this.replicaShardServices } = b.services(scopeOfB));
      this.replicaPodSelector = b.selector;
      this.replicaConfigMap = b.configMap(scopeOfB, props, replication);
      const storage = storageOfB(this, props, this._storage);
      this.replicaStatefulSet = b.statefulSet(scopeOfB, props, this.replicaConfigMap.name, storage, replication);
      this.shardDisruptionBudgets = a.addresses.map((_, n) =>
        shardBudget(this, `${shardName}-${n}`, n, a.labels, [name, `${name}-b`]),
      );
    }
    refuseDuplicates(this);
  }

  /**
   * `host:port` of the TLS port of each shard, by ordinal; empty without TLS.
   * @internal
   */
  get _tlsAddresses(): string[] {
    return withPort(this.addresses, this._tlsPorts[0]);
  }

  /**
   * The same of the second servers.
   * @internal
   */
  get _tlsReplicaAddresses(): string[] {
    return withPort(this.replicaAddresses, this._tlsPorts[1]);
  }

  /**
   * The same of the Sentinels.
   * @internal
   */
  get _tlsSentinelAddresses(): string[] {
    return withPort(this.sentinelAddresses, this._tlsPorts[2]);
  }
}

function withPort(addresses: readonly string[], port?: number): string[] {
  return port === undefined ? [] : addresses.map((it) => `${it.slice(0, it.lastIndexOf(':'))}:${port}`);
}

/** Both servers of each shard with their other ports, if they have any. */
function othersOf({ others: a }: ServerSet, { others: b }: ServerSet): Replication['others'] {
  return a && b && { a: a.addresses, b: b.addresses, ofShard: [a.addressOfAny, b.addressOfAny] };
}

/** What storage needs to know of a set. */
function consumerOf({ name, partOf = name, shards }: RedisStatefulSetProps, set: string): ShardStorageConsumer {
  // No version label: the data outlives the image.
  const identity = { program: 'redis', instance: set, component: 'shard', partOf };
  return { name: set, shards, volumeName: DATA_VOLUME, labels: recommendedLabels(identity) };
}

/** Both sets share a volume: each pod has a directory of its own there. A claim template creates other claims for each set. */
function storageOfB(scope: Construct, props: RedisStatefulSetProps, storageOfA: ShardVolume): ShardVolume {
  const { replicaStorage, storageScope = scope } = props;
  if (replicaStorage) {
    const consumer = consumerOf(props, `${props.name}-b`);
    return provide(scope, 'replicaStorage', replicaStorage, new Construct(storageScope, 'replicaStorage'), consumer);
  }
  // An empty class means static volumes, and they are bound to the claims of set a.
  if (storageOfA.claimTemplate?.spec?.storageClassName === '') {
    const problem = 'replicas is 1, but storage has volumes for one server per shard only';
    refuse(scope, `${problem}; set replicaStorage to the volumes of the second servers`);
  }
  return storageOfA;
}
