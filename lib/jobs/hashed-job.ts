// A Job whose name has a hash of its content.

import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { contentHash } from '../common/hashed-config-map';
import { checkPatched, type Manifest } from '../common/manifest-checks';

/**
 * A Job with the name `<name>-<hash of spec>`. Everything but `suspend` is immutable in the cluster, so its name contains a hash of its
 * content, as the name of a ConfigMap does.
 */
export function hashedJob(
  scope: Construct,
  id: string,
  name: string,
  labels: Record<string, string>,
  spec: k8s.JobSpec,
  isSuspended = false,
): k8s.KubeJob {
  const job = new k8s.KubeJob(scope, id, {
    metadata: { name: `${name}-${specHash(k8s.toJson_JobSpec(spec))}`, labels },
    spec: { suspend: isSuspended || undefined, ...spec },
  });
  checkPatched(job, (manifest) => patchProblems(manifest, name));
  return job;
}

/** A hash of the spec that does not depend on the order of keys, or on `suspend`. */
function specHash(spec: unknown): string {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(([key, inner]) => inner !== undefined && key !== 'suspend');
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
  };
  return contentHash({ spec: JSON.stringify(sorted(spec)) });
}

/** Patched content under the old name would be rejected by a cluster that already has the Job. */
function patchProblems({ spec, metadata }: Manifest, name: string): string[] {
  if (metadata.name === `${name}-${specHash(spec)}`) return [];
  return [
    `a patch changed ${metadata.name}, which is immutable and has a content hash in its name; use a prop instead`,
  ];
}
