// The recommended labels of Kubernetes, and the selector labels.

export const MANAGED_BY = 'cdk8s-twemproxy';

/** The source of an object's labels. */
export interface Identity {
  /** The program: `redis` or `twemproxy`. */
  readonly program: string;
  /** The name of the StatefulSet or Deployment. */
  readonly instance: string;
  /** Its role in the fleet: `shard` or `proxy`. */
  readonly component: string;
  /** The fleet. */
  readonly partOf: string;
  /** The image of the program; its tag contains the version. */
  readonly image?: string;
}

/** The ordinal of the shard that an object belongs to. Pods have `statefulset.kubernetes.io/pod-name` (and from 1.28 the pod index). */
export const SHARD_LABEL = 'cdk8s-twemproxy/shard';

/** Labels that select pods. They must never change: the selector of a StatefulSet is immutable. */
export function selectorLabels(identity: Identity): Record<string, string> {
  return { 'app.kubernetes.io/name': identity.program, 'app.kubernetes.io/instance': identity.instance };
}

/** The version at the start of an image's tag; undefined if there is no tag or no version in it. */
export function versionOf(image: string): string | undefined {
  return /:v?(\d+(?:\.\d+)*)[\w.-]*$/.exec(image.replace(/@.*/, ''))?.[1];
}

/** All the labels of an object. */
export function recommendedLabels(identity: Identity, extra: Record<string, string> = {}): Record<string, string> {
  const version = identity.image === undefined ? undefined : versionOf(identity.image);
  return {
    ...extra,
    ...selectorLabels(identity),
    ...(version !== undefined && { 'app.kubernetes.io/version': version }),
    'app.kubernetes.io/component': identity.component,
    'app.kubernetes.io/part-of': identity.partOf,
    'app.kubernetes.io/managed-by': MANAGED_BY,
  };
}
