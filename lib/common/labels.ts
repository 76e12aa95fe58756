// The recommended labels of Kubernetes, and the few of them that select.

/** Who wrote an object. */
export const MANAGED_BY = 'cdk8s-twemproxy';

/** What an object says about itself. */
export interface Identity {
  /** The program: `redis` or `twemproxy`. */
  readonly program: string;
  /** The name of the StatefulSet or Deployment. */
  readonly instance: string;
  /** Its part in the fleet: `shard` or `proxy`. */
  readonly component: string;
  /** The fleet. */
  readonly partOf: string;
}

/** Labels that select pods: they never change, since a StatefulSet's selector cannot. */
export function selectorLabels(identity: Identity): Record<string, string> {
  return { 'app.kubernetes.io/name': identity.program, 'app.kubernetes.io/instance': identity.instance };
}

/** All the labels of an object. */
export function recommendedLabels(identity: Identity, extra: Record<string, string> = {}): Record<string, string> {
  return {
    ...extra,
    ...selectorLabels(identity),
    'app.kubernetes.io/component': identity.component,
    'app.kubernetes.io/part-of': identity.partOf,
    'app.kubernetes.io/managed-by': MANAGED_BY,
  };
}
