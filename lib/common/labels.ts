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
  /** The image of the program, whose tag tells its version. */
  readonly image?: string;
}

/** The ordinal of the shard that an object belongs to alone. Its pod has `statefulset.kubernetes.io/pod-name` (and from 1.28 its index). */
export const SHARD_LABEL = 'cdk8s-twemproxy/shard';

/** Labels that select pods: they never change, since a StatefulSet's selector cannot. */
export function selectorLabels(identity: Identity): Record<string, string> {
  return { 'app.kubernetes.io/name': identity.program, 'app.kubernetes.io/instance': identity.instance };
}

/** The version of the program that the tag of an image begins with; nothing if it has no tag, or one that is no version. */
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
