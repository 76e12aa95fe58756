// An immutable ConfigMap with a hash of its content in its name: a change rolls the pods that mount it.

import { createHash } from 'node:crypto';
import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { checkPatched, checkWritten, type Manifest } from './manifest-checks';

/** The length of the hash in a name, in hexadecimal digits. */
export const HASH_LENGTH = 8;

/** A short hash of the content. */
export function contentHash(data: Record<string, string>): string {
  return createHash('sha256')
    .update(JSON.stringify(Object.entries(data).sort()))
    .digest('hex')
    .slice(0, HASH_LENGTH);
}

/** A ConfigMap with the name `<name>-<hash of data>`. */
export function hashedConfigMap(
  scope: Construct,
  id: string,
  name: string,
  labels: Record<string, string>,
  data: Record<string, string>,
): k8s.KubeConfigMap {
  const hashedName = `${name}-${contentHash(data)}`;
  const configMap = new k8s.KubeConfigMap(scope, id, { metadata: { name: hashedName, labels }, immutable: true, data });
  checkPatched(configMap, (manifest) => patchProblems(manifest, name));
  checkWritten(configMap, [configMap], sizeProblems);
  return configMap;
}

/** Patched content under the old name would be rejected by the cluster, or would not roll the pods. */
function patchProblems({ data, metadata }: Manifest, name: string): string[] {
  if (metadata.name === `${name}-${contentHash(data)}`) return [];
  return [
    `a patch changed the content of ${metadata.name}, which is immutable and has a content hash in its name; use a prop instead`,
  ];
}

/**
 * A client-side apply copies the object into an annotation. This is the size limit of all annotations, including their names
 * (TotalAnnotationSizeLimitB in Kubernetes).
 */
const LARGEST_OBJECT = 262_144 - 'kubectl.kubernetes.io/last-applied-configuration'.length;

function sizeProblems(manifest: Manifest): string[] {
  const bytes = Buffer.byteLength(JSON.stringify(manifest)) + 1;
  if (bytes <= LARGEST_OBJECT) return [];
  return [
    `${manifest.metadata.name} has ${bytes} bytes, but kubectl apply takes at most ${LARGEST_OBJECT}; reduce its content`,
  ];
}
