// An immutable ConfigMap named by its content: whatever changes in it changes the pods that mount it.

import { createHash } from 'node:crypto';
import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { checkPatched, checkWritten, type Manifest } from './manifest-checks';

/** Characters of the hash in a name: 8 hexadecimal digits, as many as `kubectl` and kustomize spend. */
export const HASH_LENGTH = 8;

/** A short name for a content. */
export function contentHash(data: Record<string, string>): string {
  return createHash('sha256')
    .update(JSON.stringify(Object.entries(data).sort()))
    .digest('hex')
    .slice(0, HASH_LENGTH);
}

/** A ConfigMap called `<name>-<hash of data>`. */
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

/** A patched content under the old name would be refused by the cluster, or roll no pods. */
function patchProblems({ data, metadata }: Manifest, name: string): string[] {
  if (metadata.name === `${name}-${contentHash(data)}`) return [];
  return [
    `a patch changed the content of ${metadata.name}, which is named by its content and immutable; use a prop for it`,
  ];
}

/**
 * A client-side apply copies the object into an annotation, and annotations have this many bytes together with their
 * names (TotalAnnotationSizeLimitB in Kubernetes).
 */
const LARGEST_OBJECT = 262_144 - 'kubectl.kubernetes.io/last-applied-configuration'.length;

function sizeProblems(manifest: Manifest): string[] {
  const bytes = Buffer.byteLength(JSON.stringify(manifest)) + 1;
  if (bytes <= LARGEST_OBJECT) return [];
  return [
    `${manifest.metadata.name} has ${bytes} bytes, of which kubectl apply takes ${LARGEST_OBJECT}; give it less to hold`,
  ];
}
