// The Services of the shards: a headless one for the pod names, and one with a fixed address for each shard.

import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { SHARD_LABEL } from '../common/labels';

/** What the Services have in common. */
export interface RedisServices {
  /** The name of the StatefulSet. */
  readonly statefulSet: string;
  readonly labels: Record<string, string>;
  readonly selector: Record<string, string>;
  readonly port: number;
}

/** The headless Service that governs the StatefulSet. */
export function headlessService(scope: Construct, name: string, services: RedisServices): k8s.KubeService {
  const { labels, selector } = services;
  return new k8s.KubeService(scope, 'service', {
    metadata: { name, labels },
    // A replica must resolve even while it loads or its master is unreachable.
    spec: { clusterIp: 'None', publishNotReadyAddresses: true, selector, ports: ports(services) },
  });
}

/** The Service of one shard. */
export function shardService(
  scope: Construct,
  name: string,
  ordinal: number,
  services: RedisServices,
): k8s.KubeService {
  const { statefulSet, labels, selector } = services;
  const podName = { 'statefulset.kubernetes.io/pod-name': `${statefulSet}-${ordinal}` };
  return new k8s.KubeService(scope, `shard-${ordinal}`, {
    metadata: { name, labels: { ...labels, [SHARD_LABEL]: String(ordinal) } },
    spec: { type: 'ClusterIP', selector: { ...selector, ...podName }, ports: ports(services) },
  });
}

/**
 * The address of a Service for nutcracker. With a namespace, the name ends in a dot: one lookup instead of one for each
 * search domain. Without one, the first search domain is the pod's own namespace.
 */
export function addressOf(service: k8s.KubeService, port: number, clusterDomain = 'cluster.local'): string {
  const { namespace } = Chart.of(service);
  const domain = namespace === undefined ? '' : `.${namespace}.svc.${clusterDomain}.`;
  return `${service.name}${domain}:${port}`;
}

function ports({ port }: RedisServices): k8s.ServicePort[] {
  return [{ name: 'redis', port, targetPort: k8s.IntOrString.fromString('redis') }];
}
