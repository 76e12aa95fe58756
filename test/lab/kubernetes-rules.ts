// Validation of the API server across the fields of an object, which a schema of single fields cannot express.

import type { IPod } from 'kubernetes-models/v1/Pod';

type PodSpec = NonNullable<IPod['spec']>;

interface PodTemplate {
  metadata?: { labels?: Record<string, string> };
  spec: PodSpec;
}

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata?: { name?: string; namespace?: string };
  spec?: {
    selector?: { matchLabels?: Record<string, string>; matchExpressions?: unknown[] };
    template?: PodTemplate;
    podFailurePolicy?: unknown;
    volumeClaimTemplates?: { metadata?: { name?: string } }[];
  };
}

/**
 * `kubectl apply` keeps a copy of the whole object in an annotation, and the annotations of an object may hold this many bytes
 * (TotalAnnotationSizeLimitB): far less than the 1 MiB of a ConfigMap.
 */
const LARGEST_OBJECT = 262_144;

const CLUSTER_SCOPED = ['Namespace', 'PersistentVolume'];

const DNS_SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const DNS_LABEL = /^(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
/** Names of kinds for which a DNS-1123 subdomain is not strict enough. */
const NAMES: Record<string, RegExp | undefined> = {
  Namespace: DNS_LABEL,
  Service: /^(?=.{1,63}$)[a-z]([-a-z0-9]*[a-z0-9])?$/,
  // Becomes the value of the label job-name of its pods.
  Job: /^(?=.{1,63}$)[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
  // Its pods carry its name, a dash and a hash of ten characters as the value of controller-revision-hash.
  StatefulSet: /^(?=.{1,52}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
};

const RESTART_POLICIES: Record<string, string[] | undefined> = {
  Deployment: ['Always'],
  StatefulSet: ['Always'],
  Job: ['OnFailure', 'Never'],
};

/** The rules that an object violates, one sentence each. */
export function brokenRules(object: KubernetesObject): string[] {
  const template = object.kind === 'Pod' ? (object as unknown as PodTemplate) : object.spec?.template;
  return [
    ...metadataProblems(object),
    ...(template ? podProblems(template.spec, claimNames(object)) : []),
    ...(object.spec?.template ? templateProblems(object.kind, object.spec.selector, object.spec.template) : []),
    ...(object.spec?.podFailurePolicy && object.spec.template?.spec.restartPolicy !== 'Never'
      ? ['/spec/podFailurePolicy is only for pods with the restartPolicy Never']
      : []),
  ];
}

function* metadataProblems(object: KubernetesObject): Iterable<string> {
  const { kind, metadata = {} } = object;
  const { name = '', namespace } = metadata;
  if (!(NAMES[kind] ?? DNS_SUBDOMAIN).test(name)) yield `/metadata/name "${name}" is not a valid name of a ${kind}`;
  if (namespace !== undefined && CLUSTER_SCOPED.includes(kind)) yield `/metadata/namespace: a ${kind} has no namespace`;
  const size = Buffer.byteLength(JSON.stringify(object));
  if (size >= LARGEST_OBJECT) yield `/ is ${size} bytes of JSON: kubectl apply accepts less than ${LARGEST_OBJECT}`;
}

function* podProblems(pod: PodSpec, claims: readonly string[]): Iterable<string> {
  const containers = [...(pod.initContainers ?? []), ...pod.containers];
  const names = containers.map(({ name }) => name);
  for (const name of repeated(names)) yield `containers and init containers share the name ${name}`;
  const volumes = [...(pod.volumes ?? []).map(({ name }) => name), ...claims];
  for (const name of repeated(volumes)) yield `volumes and claim templates share the name ${name}`;
  for (const container of containers) {
    for (const mount of container.volumeMounts ?? []) {
      if (!volumes.includes(mount.name))
        yield `container ${container.name} mounts ${mount.name}, which is not a volume of the pod`;
    }
  }
  for (const { name, livenessProbe, startupProbe } of containers) {
    const thresholds = [livenessProbe, startupProbe].map((probe) => probe?.successThreshold ?? 1);
    if (thresholds.some((threshold) => threshold !== 1))
      yield `container ${name}: only a readiness probe has a successThreshold`;
  }
}

function* templateProblems(
  kind: string,
  selector: NonNullable<KubernetesObject['spec']>['selector'],
  { metadata, spec }: PodTemplate,
): Iterable<string> {
  const labels = metadata?.labels ?? {};
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) {
    if (labels[key] !== value)
      yield `/spec/selector requires ${key}: ${value}, which the pods of the template do not have`;
  }
  const policy = spec.restartPolicy ?? 'Always';
  const allowed = RESTART_POLICIES[kind];
  if (allowed && !allowed.includes(policy))
    yield `/spec/template/spec/restartPolicy ${policy}: a ${kind} accepts ${allowed.join(' or ')}`;
}

function claimNames(object: KubernetesObject): string[] {
  return (object.spec?.volumeClaimTemplates ?? []).map(({ metadata }) => metadata?.name ?? '');
}

function repeated(names: readonly string[]): Set<string> {
  return new Set(names.filter((name, index) => names.indexOf(name) !== index));
}
