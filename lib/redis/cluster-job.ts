// The Job that makes the nodes of a Redis Cluster one cluster.

import { Cpu, k8s } from 'cdk8s-plus-27';
import { Size } from 'cdk8s';
import { podSpec, resources, RESTRICTED } from '../common/pod-options';
import { secretEnv } from '../common/secret-key';
import { FINAL_EXIT_CODES } from '../jobs/step';
import { type RedisClusterProps } from '../redis-cluster-props';
import { nodeTimeoutOf, portsOf } from './cluster-node';
import { DEFAULT_REDIS_IMAGE } from './config/server-version';
import { peerEnv } from './server-tls';
import { caFiles, caSecretOf, NO_FILES } from '../tls/tls-files';
import { type ClusterTls } from '../tls/tls-options';

/** How often Kubernetes starts another pod after an error. A node that does not answer is no error: the Job waits for it. */
const RETRIES = 20;

const CONTAINER = 'create';

/** A failover takes the node timeout, and what is found meanwhile may pass. */
function refusalSeconds(props: RedisClusterProps): number {
  return 20 + Math.ceil((2 * nodeTimeoutOf(props)) / 1000);
}

export function createJobSpec(
  props: RedisClusterProps,
  configMap: string,
  labels: Record<string, string>,
): k8s.JobSpec {
  const { replicas = 1, image = DEFAULT_REDIS_IMAGE, tls } = props;
  const authorities = tls ? caFiles(caSecretOf(tls)) : NO_FILES;
  const refused = {
    action: 'FailJob',
    onExitCodes: { containerName: CONTAINER, operator: 'In', values: FINAL_EXIT_CODES },
  };
  return {
    backoffLimit: RETRIES,
    // The schema of 1.27 requires conditions; the API server does not.
    podFailurePolicy: { rules: [refused as k8s.PodFailurePolicyRule] },
    template: {
      metadata: { labels, annotations: props.podAnnotations },
      spec: {
        ...podSpec({ ...props, affinity: undefined }, {}),
        topologySpreadConstraints: undefined,
        restartPolicy: 'Never',
        containers: [
          {
            name: CONTAINER,
            image,
            imagePullPolicy: props.imagePullPolicy,
            command: ['sh', '/etc/redis-shard/cluster-create.sh'],
            env: [
              { name: 'REPLICAS', value: String(replicas) },
              { name: 'REFUSAL_SECONDS', value: String(refusalSeconds(props)) },
              ...secretEnv('REDISCLI_AUTH', props.password),
              ...(tls ? [...peerEnv(portsOf(props)), ...secretNames(tls)] : []),
            ],
            terminationMessagePolicy: 'FallbackToLogsOnError',
            securityContext: RESTRICTED,
            resources: resources(Size.mebibytes(128), Cpu.millis(100)),
            volumeMounts: [
              { name: 'config', mountPath: '/etc/redis-shard', readOnly: true },
              { name: 'work', mountPath: '/data' },
              ...authorities.mounts,
            ],
          },
        ],
        volumes: [
          { name: 'config', configMap: { name: configMap } },
          { name: 'work', emptyDir: {} },
          ...authorities.volumes,
        ],
      },
    },
  };
}

/** For its errors. */
function secretNames(tls: ClusterTls): k8s.EnvVar[] {
  return [
    { name: 'TLS_SECRET', value: tls.secretName },
    { name: 'TLS_CA_SECRET', value: caSecretOf(tls) },
  ];
}
