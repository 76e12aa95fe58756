// The PodDisruptionBudget of a workload.

import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { type ReplicatedPodOptions } from './pod-options';

/** A PodDisruptionBudget for the selected pods; by default, one pod at a time. */
export function disruptionBudget(
  scope: Construct,
  metadata: k8s.ObjectMeta,
  selector: Record<string, string>,
  options: ReplicatedPodOptions,
  unhealthyPodEvictionPolicy?: string,
): k8s.KubePodDisruptionBudget {
  const maxUnavailable = k8s.IntOrString.fromNumber(options.maxUnavailable ?? 1);
  return new k8s.KubePodDisruptionBudget(scope, 'disruption-budget', {
    metadata,
    spec: { maxUnavailable, selector: { matchLabels: selector }, unhealthyPodEvictionPolicy },
  });
}
