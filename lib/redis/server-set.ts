// One set of servers of a fleet: a Redis server for each shard. A fleet with replicas has two sets, a and b.

import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { type Side } from '../failover/replica-plan';
import { hashedConfigMap } from '../common/hashed-config-map';
import { type Identity, recommendedLabels, selectorLabels } from '../common/labels';
import { withPath } from '../common/prop-errors';
import { type ShardVolume } from '../storage/i-shard-storage';
import { configData } from './redis-conf';
import { type RedisPodOptions, redisPod } from './redis-pod';
import { addressOf, headlessService, shardService } from './redis-services';
import { ORDINAL, type Replication } from './replication';
import { type ServerPorts } from './server-ports';

/** The names and the ports of a set. */
export interface ServerSetProps {
  /** Which of the two servers of a shard. */
  readonly server: Side;
  readonly name: string;
  readonly serviceName: string;
  /** The name of the Service of a server. */
  readonly serverService: (ordinal: number | typeof ORDINAL) => string;
  readonly ports: ServerPorts;
  readonly shards: number;
  readonly identity: Identity;
  readonly clusterDomain?: string;
  /** Whether Services route to servers that are not ready. */
  readonly publishNotReady: boolean;
}

/** A headless Service, a Service for each server, redis.conf and the scripts, and the StatefulSet. */
export class ServerSet {
  /** `host:port` of each server, by ordinal. */
  readonly addresses: string[];
  /** The same for any server. */
  readonly addressOfAny: string;
  /** Both with the other port, if there is one. */
  readonly others?: Pick<ServerSet, 'addresses' | 'addressOfAny'>;
  readonly labels: Record<string, string>;
  readonly selector: Record<string, string>;

  constructor(
    scope: Construct,
    private readonly props: ServerSetProps,
  ) {
    const { identity, shards, ports, clusterDomain, serverService } = props;
    this.labels = recommendedLabels(identity);
    this.selector = selectorLabels(identity);
    const at = (port: number): Pick<ServerSet, 'addresses' | 'addressOfAny'> => {
      const address = (n: number | typeof ORDINAL): string => addressOf(scope, serverService(n), port, clusterDomain);
      return { addresses: ordinals(shards).map(address), addressOfAny: address(ORDINAL) };
    };
    ({ addresses: this.addresses, addressOfAny: this.addressOfAny } = at(ports.used));
    this.others = ports.other === undefined ? undefined : at(ports.other);
  }

  /** Creates the headless Service, and one for each server. */
  services(scope: Construct): { service: k8s.KubeService; shardServices: k8s.KubeService[] } {
    const { name, ports, shards, publishNotReady } = this.props;
    const { labels, selector } = this;
    const services = { statefulSet: name, labels, selector, ports: ports.ofService, publishNotReady };
    return {
      service: headlessService(scope, this.props.serviceName, services),
      shardServices: ordinals(shards).map((n) => shardService(scope, this.props.serverService(n), n, services)),
    };
  }

  /** Creates redis.conf and the scripts. */
  configMap(scope: Construct, options: RedisPodOptions, replication?: Replication): k8s.KubeConfigMap {
    const { name, ports } = this.props;
    const data = withPath(scope, () => configData(options, ports, replication));
    return hashedConfigMap(scope, 'config', `${name}-config`, this.labels, data);
  }

  /** Creates the StatefulSet. */
  statefulSet(
    scope: Construct,
    options: RedisPodOptions,
    configMap: string,
    storage: ShardVolume,
    replication?: Replication,
  ): k8s.KubeStatefulSet {
    const { name, server, shards, identity, ports } = this.props;
    const { labels, selector } = this;
    const pod = redisPod(options, { configMap, selector, ports, volume: storage.volume, server, replication });
    return new k8s.KubeStatefulSet(scope, 'stateful-set', {
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

function ordinals(count: number): number[] {
  return Array.from({ length: count }, (_, ordinal) => ordinal);
}
