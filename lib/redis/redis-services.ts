// The Services of the shards: a headless one for the pod names, and one with a fixed address for each shard.

import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { SHARD_LABEL } from '../common/labels';
import { SENTINELS } from './replication';

/** What the Services have in common. */
export interface RedisServices {
  /** The name of the StatefulSet. */
  readonly statefulSet: string;
  readonly labels: Record<string, string>;
  readonly selector: Record<string, string>;
  readonly ports: k8s.ServicePort[];
  /** Whether the Service of a server routes to it while it is not ready. */
  readonly publishNotReady: boolean;
}

/** The headless Service that governs the StatefulSet. */
export function headlessService(
  scope: Construct,
  name: string,
  { labels, selector, ports }: RedisServices,
): k8s.KubeService {
  return new k8s.KubeService(scope, 'service', {
    metadata: { name, labels },
    // A replica must resolve even while it loads or its master is unreachable.
    spec: { clusterIp: 'None', publishNotReadyAddresses: true, selector, ports },
  });
}

/** The Service of one server of a shard. */
export function shardService(
  scope: Construct,
  name: string,
  ordinal: number,
  services: RedisServices,
): k8s.KubeService {
  const labels = { ...services.labels, [SHARD_LABEL]: String(ordinal) };
  return podService(scope, `shard-${ordinal}`, name, ordinal, { ...services, labels });
}

/** A Service for one pod, with a fixed address. */
export function podService(
  scope: Construct,
  id: string,
  name: string,
  ordinal: number,
  { statefulSet, labels, selector, publishNotReady, ports }: RedisServices,
): k8s.KubeService {
  const podName = { 'statefulset.kubernetes.io/pod-name': `${statefulSet}-${ordinal}` };
  return new k8s.KubeService(scope, id, {
    metadata: { name, labels },
    spec: {
      type: 'ClusterIP',
      selector: { ...selector, ...podName },
      ports,
      // Its replica and Sentinel must reach a server that is not in sync yet.
      publishNotReadyAddresses: publishNotReady || undefined,
    },
  });
}

/**
 * The address of a Service for nutcracker. With a namespace, the name ends in a dot: one lookup instead of one for each
 * search domain. Without one, the first search domain is the pod's own namespace.
 */
export function addressOf(scope: Construct, name: string, port: number, clusterDomain = 'cluster.local'): string {
  const { namespace } = Chart.of(scope);
  const domain = namespace === undefined ? '' : `.${namespace}.svc.${clusterDomain}.`;
  return `${name}${domain}:${port}`;
}

/** The name in an address as a certificate has it. */
export function nameIn(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/\.$/, '');
}

/** `host:port` of each Sentinel, whose Services are named after their pods. */
export function sentinelAddresses(scope: Construct, name: string, port: number, clusterDomain?: string): string[] {
  return Array.from({ length: SENTINELS }, (_, n) => addressOf(scope, `${name}-${n}`, port, clusterDomain));
}
