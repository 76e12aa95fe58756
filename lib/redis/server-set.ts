// One set of servers of a fleet: a Redis server for each shard. A fleet with replicas has two sets, a and b.

import { type k8s as types, k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { hashedConfigMap } from '../common/hashed-config-map';
import { type Identity, recommendedLabels, selectorLabels } from '../common/labels';
import { withPath } from '../common/prop-errors';
import { type ShardVolume } from '../storage/i-shard-storage';
import { configData } from './redis-conf';
import { type RedisPodOptions, redisPod } from './redis-pod';
import { addressOf, headlessService, shardService } from './redis-services';
import { type ServerName } from './replica-placement';
import { type Replication } from './replication';

/** The names and the port of a set. */
export interface ServerSetProps {
  /** Which of the two servers of a shard. */
  readonly server: ServerName;
  readonly name: string;
  readonly serviceName: string;
  /** The name of the Service of a server. */
  readonly serverService: (ordinal: number) => string;
  readonly port: number;
  readonly shards: number;
  readonly identity: Identity;
  readonly clusterDomain?: string;
  /** Whether Services route to servers that are not ready. */
  readonly publishNotReady: boolean;
}

/** A headless Service, a Service for each server, redis.conf and the scripts, and the StatefulSet. */
export class ServerSet {
  readonly service: types.KubeService;
  readonly shardServices: types.KubeService[];
  /** `host:port` of each server, by ordinal. */
  readonly addresses: string[];
  readonly labels: Record<string, string>;
  readonly selector: Record<string, string>;

  constructor(
    private readonly scope: Construct,
    private readonly props: ServerSetProps,
  ) {
    const { name, identity, port, shards, publishNotReady } = props;
    this.labels = recommendedLabels(identity);
    this.selector = selectorLabels(identity);
    const services = { statefulSet: name, labels: this.labels, selector: this.selector, port, publishNotReady };
    this.service = headlessService(scope, props.serviceName, services);
    this.shardServices = Array.from({ length: shards }, (_, n) =>
      shardService(scope, props.serverService(n), n, services),
    );
    this.addresses = this.shardServices.map((service) => addressOf(service, port, props.clusterDomain));
  }

  /** Creates redis.conf and the scripts. */
  configMap(options: RedisPodOptions, replication?: Replication): types.KubeConfigMap {
    const { name, port } = this.props;
    return hashedConfigMap(
      this.scope,
      'config',
      `${name}-config`,
      this.labels,
      withPath(this.scope, () => configData(options, port, replication)),
    );
  }

  /** Creates the StatefulSet. */
  statefulSet(
    options: RedisPodOptions,
    configMap: string,
    storage: ShardVolume,
    replication?: Replication,
  ): types.KubeStatefulSet {
    const { name, server, shards, identity, port } = this.props;
    const { labels, selector } = this;
    const pod = redisPod(options, { configMap, selector, port, volume: storage.volume, server, replication });
    return new k8s.KubeStatefulSet(this.scope, 'stateful-set', {
      metadata: { name, labels },
      spec: {
        replicas: shards,
        serviceName: this.props.serviceName,
        podManagementPolicy: 'Parallel',
        updateStrategy: { type: options.updateStrategy ?? 'RollingUpdate' },
        selector: { matchLabels: selector },
        ...(storage.claimTemplate && {
          volumeClaimTemplates: [storage.claimTemplate],
          persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        }),
        template: {
          metadata: { labels: recommendedLabels(identity, options.podLabels), annotations: options.podAnnotations },
          spec: pod,
        },
      },
    });
  }
}
