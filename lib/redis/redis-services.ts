// The Services of the shards: one that gives the pods their names, and an address for each shard.

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
    // A replica that still loads, or whose master is away, has to be found all the same.
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
 * Where nutcracker finds a Service. With a namespace that is a name with a dot at its end, for one look-up instead of one
 * for each domain of the search list; without, the first of these domains is the pod's own namespace.
 */
export function addressOf(service: k8s.KubeService, port: number, clusterDomain = 'cluster.local'): string {
  const { namespace } = Chart.of(service);
  const domain = namespace === undefined ? '' : `.${namespace}.svc.${clusterDomain}.`;
  return `${service.name}${domain}:${port}`;
}

function ports({ port }: RedisServices): k8s.ServicePort[] {
  return [{ name: 'redis', port, targetPort: k8s.IntOrString.fromString('redis') }];
}
