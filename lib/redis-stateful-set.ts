// The shards of a fleet: one Redis server each, with a stable address and data directory.

import { Chart, Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkProps } from './common/check-props';
import {
  checkImage,
  checkMemoryFor,
  checkName,
  checkOneOf,
  checkPort,
  checkSeconds,
  checkSubdomain,
  checkWhole,
  refuse,
  withPath,
} from './common/prop-errors';
import { disruptionBudget } from './common/disruption-budget';
import { hashedConfigMap } from './common/hashed-config-map';
import { type Identity, recommendedLabels, selectorLabels } from './common/labels';
import { checkPodOptions } from './common/pod-options';
import { checkSecretKey, type SecretKey } from './common/secret-key';
import { refuseDuplicates } from './common/duplicate-objects';
import { checkOldUser, type OldUser } from './migration/old-user';
import { configData, maxmemoryOf, memoryOf } from './redis/redis-conf';
import { ServerVersion } from './redis/config/server-version';
import { DEFAULT_REDIS_IMAGE } from './redis/config/server-version';
import { type RedisOptions, serverVersionOf, startsAsReplica } from './redis/redis-options';
import { DATA_VOLUME, redisPod } from './redis/redis-pod';
import { addressOf, headlessService, shardService } from './redis/redis-services';
import { type IShardStorage } from './storage/i-shard-storage';

/** Above this share of its memory, a shard that takes writes during a save is OOM-killed. */
const MOST_OF_MEMORY = 0.9;

/** An empty redis-server takes 12 (7.0.15); probes take some more. */
const LEAST_MEBIBYTES = 32;

/** A StatefulSet appends `-` and ten digits to its name in controller-revision-hash, a label of at most 63 characters. */
const REVISION_SUFFIX = 11;

/** The props of RedisStatefulSet. */
export interface RedisStatefulSetProps extends RedisOptions {
  /** The name of the StatefulSet; its pods are `<name>-<ordinal>`. */
  readonly name: string;

  /** The number of shards. */
  readonly shards: number;

  /** Where the shards keep their data. */
  readonly storage: IShardStorage;

  /**
   * The scope in which the storage creates its objects, such as a separate chart.
   * @default - this construct
   */
  readonly storageScope?: Construct;

  /**
   * The password of every shard.
   * @default - none: any client that can connect may use a shard
   */
  readonly password?: SecretKey;

  /**
   * The user as which a shard replicates from an old server: the `oldUser` of the migration.
   * @default - the default user, with `password`
   */
  readonly oldUser?: OldUser;

  /**
   * The name of the headless Service that governs the StatefulSet.
   * @default - `name`
   */
  readonly serviceName?: string;

  /**
   * The prefix of the shard Services: `<shardName>-<ordinal>`.
   * @default - `<name>-shard`
   */
  readonly shardName?: string;

  /**
   * The port of redis-server and of the Services.
   * @default 6379
   */
  readonly port?: number;

  /**
   * The fleet, for the label `app.kubernetes.io/part-of`.
   * @default - `name`
   */
  readonly partOf?: string;

  /**
   * The cluster's DNS domain.
   * @default cluster.local
   */
  readonly clusterDomain?: string;
}

/**
 * N shards: a StatefulSet with its headless Service, a Service for each shard, the configuration, and a disruption
 * budget.
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
  /** Limits how many shards can be evicted at a time. */
  readonly podDisruptionBudget: k8s.KubePodDisruptionBudget;
  /** `host:port` of each shard, by ordinal. The host is fully qualified if the chart has a namespace. */
  readonly addresses: string[];
  /** The labels of every object. */
  readonly labels: { [key: string]: string };
  /** The labels that select the pods. */
  readonly podSelector: { [key: string]: string };
  /** The port of every shard. */
  readonly port: number;
  /** Whether a new shard starts as a replica, without a master. */
  readonly startAsReplica: boolean;
  /** The user as which a shard replicates from an old server; undefined for the default user. */
  readonly oldUser?: OldUser;

  constructor(scope: Construct, id: string, props: RedisStatefulSetProps) {
    super(scope, id);
    checkProps(this, 'RedisStatefulSetProps', props);
    check(this, props);
    const { name, shards, serviceName = name, shardName = `${name}-shard`, port = 6379 } = props;
    const { image = DEFAULT_REDIS_IMAGE, partOf = name } = props;
    const identity: Identity = { program: 'redis', instance: name, component: 'shard', partOf, image };
    const labels = recommendedLabels(identity);
    const selector = selectorLabels(identity);
    this.port = port;
    this.labels = labels;
    this.podSelector = selector;
    this.startAsReplica = startsAsReplica(props);
    this.oldUser = props.oldUser;

    const services = { statefulSet: name, labels, selector, port };
    this.service = headlessService(this, serviceName, services);
    this.shardServices = ordinals(shards).map((n) => shardService(this, `${shardName}-${n}`, n, services));
    this.addresses = this.shardServices.map((service) => addressOf(service, port, props.clusterDomain));

    this.configMap = hashedConfigMap(
      this,
      'config',
      `${name}-config`,
      labels,
      withPath(this, () => configData(props, port)),
    );
    // No version label: the data outlives the image.
    const storageLabels = recommendedLabels({ ...identity, image: undefined });
    const consumer = { name, shards, volumeName: DATA_VOLUME, labels: storageLabels };
    const { storageScope = this } = props;
    if (Chart.of(storageScope).namespace !== Chart.of(this).namespace) {
      refuse(
        this,
        `storageScope is ${storageScope.node.path}, in another namespace; pods can mount only claims of their own namespace`,
      );
    }
    const storage = props.storage.provision(storageScope, consumer);
    checkProps(this, 'ShardVolume', storage, 'the result of storage');
    if ((storage.volume === undefined) === (storage.claimTemplate === undefined)) {
      const provided =
        storage.volume === undefined ? 'neither a volume nor a claimTemplate' : 'both a volume and a claimTemplate';
      refuse(this, `storage provides ${provided}; provide exactly one`);
    }
    const pod = redisPod(props, { configMap: this.configMap.name, selector, port, volume: storage.volume });
    this.statefulSet = new k8s.KubeStatefulSet(this, 'stateful-set', {
      metadata: { name, labels },
      spec: {
        replicas: shards,
        serviceName,
        podManagementPolicy: 'Parallel',
        updateStrategy: { type: props.updateStrategy ?? 'RollingUpdate' },
        selector: { matchLabels: selector },
        ...(storage.claimTemplate && {
          volumeClaimTemplates: [storage.claimTemplate],
          persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        }),
        template: {
          metadata: { labels: recommendedLabels(identity, props.podLabels), annotations: props.podAnnotations },
          spec: pod,
        },
      },
    });
    this.podDisruptionBudget = disruptionBudget(this, { name, labels }, selector, props);
    refuseDuplicates(this);
  }
}

function ordinals(count: number): number[] {
  return Array.from({ length: count }, (_, ordinal) => ordinal);
}

function check(scope: Construct, props: RedisStatefulSetProps): void {
  const { name, shards, serviceName = name, shardName = `${name}-shard` } = props;
  checkWhole(scope, 'shards', shards, 1, 10_000);
  const ordinalSuffix = `-${shards - 1}`.length;
  checkName(scope, 'name', name, Math.max(ordinalSuffix, REVISION_SUFFIX));
  checkName(scope, 'serviceName', serviceName);
  checkName(scope, 'shardName', shardName, ordinalSuffix);
  checkPort(scope, 'port', props.port ?? 6379);
  checkImage(scope, 'image', props.image ?? DEFAULT_REDIS_IMAGE);
  checkVersion(scope, props);
  checkPodOptions(scope, props);
  checkSecretKey(scope, 'password', props.password);
  checkOldUser(scope, 'oldUser', props.oldUser);
  if (ordinals(shards).some((ordinal) => `${shardName}-${ordinal}` === serviceName)) {
    refuse(
      scope,
      `serviceName is ${JSON.stringify(serviceName)}, which is also the name of a shard's Service; choose another name`,
    );
  }
  checkOneOf(scope, 'updateStrategy', props.updateStrategy, ['RollingUpdate', 'OnDelete']);
  checkSeconds(scope, 'startupTimeout', props.startupTimeout);
  checkSeconds(scope, 'livenessTimeout', props.livenessTimeout);
  checkSeconds(scope, 'terminationGracePeriod', props.terminationGracePeriod);
  checkSubdomain(scope, 'clusterDomain', props.clusterDomain ?? 'cluster.local');
  checkMemory(scope, props);
}

function checkVersion(scope: Construct, props: RedisStatefulSetProps): void {
  const { image = DEFAULT_REDIS_IMAGE, serverVersion } = props;
  if (serverVersion !== undefined && ServerVersion.of(serverVersion) === undefined) {
    refuse(scope, `serverVersion is ${JSON.stringify(serverVersion)}; write a version such as "7.2" or "valkey 8.1"`);
  }
  const version = serverVersionOf(props);
  if (version.has({ redis: '7.0', valkey: '7.2' })) return;
  const [prop, value] = serverVersion === undefined ? ['image', image] : ['serverVersion', serverVersion];
  refuse(scope, `${prop} is ${JSON.stringify(value)}, ${version.toString()}; use Redis 7.0 or later, or Valkey`);
}

function checkMemory(scope: Construct, props: RedisStatefulSetProps): void {
  checkMemoryFor(scope, 'memory', props.memory, LEAST_MEBIBYTES);
  const memory = memoryOf(props);
  const largest = Size.kibibytes(Math.floor(memory.toKibibytes() * MOST_OF_MEMORY));
  const checkSize = (prop: string, size: Size): void => {
    if (size.toKibibytes() < 1024)
      refuse(scope, `${prop} is ${size.asString()}; use at least 1Mi; 0 would mean no limit`);
    if (size.toKibibytes() <= largest.toKibibytes()) return;
    const reason = 'the fork of a save needs the rest';
    refuse(
      scope,
      `${prop} is ${size.asString()} of ${memory.asString()} memory; use at most ${largest.asString()}: ${reason}`,
    );
  };
  checkSize('maxmemory', maxmemoryOf(props));
  for (const [ordinal, size] of Object.entries(props.maxmemoryOfShard ?? {})) {
    if (String(Number(ordinal)) !== ordinal || !ordinals(props.shards).includes(Number(ordinal))) {
      refuse(scope, `maxmemoryOfShard names shard ${JSON.stringify(ordinal)}; the shards are 0 to ${props.shards - 1}`);
    }
    checkSize(`maxmemoryOfShard ${ordinal}`, size);
  }
}
