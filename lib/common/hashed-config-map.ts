// An immutable ConfigMap named by its content: whatever changes in it changes the pods that mount it.

import { createHash } from 'node:crypto';
import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';

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
  return new k8s.KubeConfigMap(scope, id, {
    metadata: { name: `${name}-${contentHash(data)}`, labels },
    immutable: true,
    data,
  });
}
