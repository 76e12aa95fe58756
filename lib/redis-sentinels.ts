// The Sentinels of a fleet with replicas: they decide which of the two servers of a shard is the master.

import { Chart, Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkProps } from './common/check-props';
import { disruptionBudget } from './common/disruption-budget';
import { refuseDuplicates } from './common/duplicate-objects';
import { hashedConfigMap } from './common/hashed-config-map';
import { type Identity, recommendedLabels, selectorLabels } from './common/labels';
import { checkPodOptions } from './common/pod-options';
import { checkImage, checkMemoryFor, refuse } from './common/prop-errors';
import { checkSecretKey, type SecretKey } from './common/secret-key';
import { DEFAULT_REDIS_IMAGE } from './redis/config/server-version';
import { headlessService, podService } from './redis/redis-services';
import { SENTINEL_PORT, SENTINELS } from './redis/replication';
import { type SentinelOptions } from './redis/sentinel-options';
import { sentinelData, sentinelPod } from './redis/sentinel-pod';
import { DATA_VOLUME } from './redis/redis-pod';
import { ServerPorts, tlsOfSentinels } from './redis/server-ports';
import { type RedisStatefulSet } from './redis-stateful-set';
import { type ShardVolume } from './storage/i-shard-storage';
import { provide } from './storage/provide';

/** The props of RedisSentinels. */
export interface RedisSentinelsProps extends SentinelOptions {
  /** The shards, with `replicas: 1`. The Sentinels get the name that these expect: their `sentinelName`. */
  readonly redis: RedisStatefulSet;

  /**
   * The password of the shards, which is also the password of the Sentinels.
   * @default - none: any client that can connect may use them
   */
  readonly password?: SecretKey;

  /**
   * Whether the Sentinels monitor the shards. Not during a migration, which changes the roles itself.
   * @default true
   */
  readonly monitor?: boolean;

  /**
   * The scope in which the storage creates its objects, such as a separate chart.
   * @default - this construct
   */
  readonly storageScope?: Construct;

  /**
   * The fleet, for the label `app.kubernetes.io/part-of`.
   * @default - the name of the shards
   */
  readonly partOf?: string;
}

/**
 * Three Sentinels, of which two must agree: a StatefulSet with its headless Service, a Service for each Sentinel, the
 * configuration, and a disruption budget.
 */
export class RedisSentinels extends Construct {
  /** The StatefulSet. */
  readonly statefulSet: k8s.KubeStatefulSet;
  /** The headless Service. */
  readonly service: k8s.KubeService;
  /** The Service of each Sentinel. */
  readonly sentinelServices: k8s.KubeService[];
  /** The scripts, and the addresses of all servers. */
  readonly configMap: k8s.KubeConfigMap;
  /** Limits how many Sentinels can be evicted at a time. */
  readonly podDisruptionBudget: k8s.KubePodDisruptionBudget;
  /** `host:port` of each Sentinel. */
  readonly addresses: string[];
  /** The labels of every object. */
  readonly labels: { [key: string]: string };
  /** The labels that select the pods. */
  readonly podSelector: { [key: string]: string };
  /** The port of every Sentinel; the one with TLS from the phase USED on. */
  readonly port: number;
  /** The open ports of every Sentinel: the plain one, the one with TLS, or both. */
  readonly openPorts: number[];

  constructor(scope: Construct, id: string, props: RedisSentinelsProps) {
    super(scope, id);
    checkProps(this, 'RedisSentinelsProps', props);
    check(this, props);
    const { redis, image = DEFAULT_REDIS_IMAGE, monitor = true } = props;
    const name = redis.sentinelName;
    const identity: Identity = {
      program: 'redis-sentinel',
      instance: name,
      component: 'sentinel',
      partOf: props.partOf ?? redis.statefulSet.name,
      image,
    };
    const labels = recommendedLabels(identity);
    const selector = selectorLabels(identity);
    this.labels = labels;
    this.podSelector = selector;
    const ports = new ServerPorts(SENTINEL_PORT, tlsOfSentinels(redis.tls));
    this.port = ports.used;
    this.openPorts = ports.all;
    this.addresses = redis.sentinelAddresses;
    const services = {
      statefulSet: name,
      labels,
      selector,
      ports: ports.ofService,
      publishNotReady: true,
    };
    this.service = headlessService(this, name, services);
    this.sentinelServices = Array.from({ length: SENTINELS }, (_, n) =>
      podService(this, `sentinel-${n}`, `${name}-${n}`, n, services),
    );
    const { _replication: replication } = redis;
    if (replication === undefined) throw new Error(`${redis.node.path} has no replicas`);
    const data = sentinelData({ ...replication, monitor, ports });
    this.configMap = hashedConfigMap(this, 'config', `${name}-config`, labels, data);
    const storage = this.storageOf(props, recommendedLabels({ ...identity, image: undefined }));
    this.statefulSet = new k8s.KubeStatefulSet(this, 'stateful-set', {
      metadata: { name, labels },
      spec: {
        replicas: SENTINELS,
        serviceName: name,
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: selector },
        ...(storage.claimTemplate && {
          volumeClaimTemplates: [storage.claimTemplate],
          persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        }),
        template: {
          metadata: { labels: recommendedLabels(identity, props.podLabels), annotations: props.podAnnotations },
          spec: sentinelPod(
            { ...props, tls: redis.tls },
            {
              configMap: this.configMap.name,
              selector,
              ports,
              shards: redis.addresses.length,
              volume: storage.volume,
            },
          ),
        },
      },
    });
    this.podDisruptionBudget = disruptionBudget(this, { name, labels }, selector, {});
    refuseDuplicates(this);
  }

  private storageOf(
    { redis, storage, storageScope = this }: RedisSentinelsProps,
    labels: Record<string, string>,
  ): ShardVolume {
    if (storage) {
      const consumer = { name: redis.sentinelName, shards: SENTINELS, volumeName: DATA_VOLUME, labels };
      return provide(this, 'storage', storage, new Construct(storageScope, 'sentinels'), consumer);
    }
    const { volume, claimTemplate } = redis._storage;
    if (claimTemplate === undefined) return { volume };
    if (claimTemplate.spec?.storageClassName === '') {
      refuse(
        this,
        'the shards have volumes of their own, which the Sentinels cannot use; set storage of the Sentinels',
      );
    }
    const requests = { storage: k8s.Quantity.fromString(Size.gibibytes(1).asString()) };
    return { claimTemplate: { ...claimTemplate, spec: { ...claimTemplate.spec, resources: { requests } } } };
  }
}

/** A Sentinel without shards takes 10 (7.0.15); probes and the second container's script take some more. */
const LEAST_MEBIBYTES = 32;

function check(scope: Construct, props: RedisSentinelsProps): void {
  const { redis } = props;
  if (redis.sentinelAddresses.length === 0) {
    refuse(scope, `${redis.node.path} has no replicas to promote; set replicas: 1 there, or leave out the Sentinels`);
  }
  if (Chart.of(scope).namespace !== Chart.of(redis).namespace) {
    refuse(scope, `the shards ${redis.node.path} are in another namespace; put both into the same one`);
  }
  checkImage(scope, 'image', props.image ?? DEFAULT_REDIS_IMAGE);
  checkMemoryFor(scope, 'memory', props.memory, LEAST_MEBIBYTES);
  checkPodOptions(scope, props);
  checkSecretKey(scope, 'password', props.password);
}
