// How many pods of a workload an eviction may take at a time.

import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { type ReplicatedPodOptions } from './pod-options';

/** A PodDisruptionBudget for the pods that the selector selects; one pod at a time if the options say nothing else. */
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
