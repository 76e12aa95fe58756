// The Job that makes the nodes of a Redis Cluster one cluster.

import { Cpu, k8s } from 'cdk8s-plus-27';
import { Size } from 'cdk8s';
import { podSpec, resources, RESTRICTED } from '../common/pod-options';
import { secretEnv } from '../common/secret-key';
import { FINAL_EXIT_CODES } from '../jobs/step';
import { type RedisClusterProps } from '../redis-cluster-props';
import { nodeTimeoutOf } from './cluster-node';
import { DEFAULT_REDIS_IMAGE } from './config/server-version';

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
  const { replicas = 1, image = DEFAULT_REDIS_IMAGE } = props;
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
            ],
            terminationMessagePolicy: 'FallbackToLogsOnError',
            securityContext: RESTRICTED,
            resources: resources(Size.mebibytes(128), Cpu.millis(100)),
            volumeMounts: [
              { name: 'config', mountPath: '/etc/redis-shard', readOnly: true },
              { name: 'work', mountPath: '/data' },
            ],
          },
        ],
        volumes: [
          { name: 'config', configMap: { name: configMap } },
          { name: 'work', emptyDir: {} },
        ],
      },
    },
  };
}
