// The disruption budget of a shard with two servers.

import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { SHARD_LABEL } from '../common/labels';

/**
 * Lets the eviction API take one of the two servers of a shard, never both. `minAvailable`, since the pods belong to two
 * StatefulSets: `maxUnavailable` counts all pods of both.
 */
export function shardBudget(
  scope: Construct,
  name: string,
  ordinal: number,
  labels: Record<string, string>,
  statefulSets: readonly string[],
): k8s.KubePodDisruptionBudget {
  const pods = statefulSets.map((statefulSet) => `${statefulSet}-${ordinal}`);
  return new k8s.KubePodDisruptionBudget(scope, `disruption-budget-${ordinal}`, {
    metadata: { name, labels: { ...labels, [SHARD_LABEL]: String(ordinal) } },
    spec: {
      minAvailable: k8s.IntOrString.fromNumber(1),
      selector: {
        matchExpressions: [{ key: 'statefulset.kubernetes.io/pod-name', operator: 'In', values: pods }],
      },
    },
  });
}
