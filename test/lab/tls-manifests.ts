// Reads the manifests of fleets with TLS.

import { type Manifest } from './synth';

export const podOf = (it: { toJson(): unknown }): Manifest => (it.toJson() as Manifest).spec.template.spec as Manifest;
export const dataOf = (it?: { toJson(): unknown }): Record<string, string> =>
  (it?.toJson() as Manifest).data as Record<string, string>;
/** A field of each object in a list. */
export const each = (list: unknown, field: string): unknown[] => (list as Manifest[]).map((it) => it[field] as unknown);
export const portsOf = (rules: Manifest[]): unknown =>
  rules.flatMap(({ ports }) => (ports as Manifest[]).map(({ port }) => port as number));

/** The keys of Secrets with certificates that a pod mounts. */
export const keysIn = (pod: Manifest): string[] =>
  (pod.volumes as Manifest[]).flatMap(({ name, projected }) =>
    (name as string).startsWith('tls')
      ? ((projected.sources as Manifest[])[0].secret.items as Manifest[]).map(
          ({ key }) => `${name as string}/${key as string}`,
        )
      : [],
  );
