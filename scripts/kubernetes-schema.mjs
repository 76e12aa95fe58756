// Reduces the JSON schema of Kubernetes (`_definitions.json` of one version) to what the tests need: the kinds that we synthesize and
// the definitions that they refer to, without descriptions.
// Usage: node scripts/kubernetes-schema.mjs PATH-TO-_definitions.json > test/lab/kubernetes-1.27.json

import { readFileSync } from 'node:fs';

const KINDS = [
  'v1 ConfigMap',
  'v1 Namespace',
  'v1 PersistentVolume',
  'v1 PersistentVolumeClaim',
  'v1 Pod',
  'v1 Secret',
  'v1 Service',
  'v1 ServiceAccount',
  'apps/v1 Deployment',
  'apps/v1 StatefulSet',
  'autoscaling/v2 HorizontalPodAutoscaler',
  'batch/v1 CronJob',
  'batch/v1 Job',
  'discovery.k8s.io/v1 EndpointSlice',
  'networking.k8s.io/v1 NetworkPolicy',
  'policy/v1 PodDisruptionBudget',
];

const [file] = process.argv.slice(2);
if (!file) throw new Error('usage: kubernetes-schema.mjs PATH-TO-_definitions.json');
const { definitions } = JSON.parse(readFileSync(file, 'utf8'));

const kinds = {};
const kept = {};
for (const kind of KINDS) {
  kinds[kind] = definitionOf(kind);
  keep(kinds[kind]);
}
console.log(`{"kinds":{\n${lines(kinds)}\n},"definitions":{\n${lines(kept)}\n}}`);

/** The name of the definition of an "apiVersion kind". */
function definitionOf(wanted) {
  for (const [name, definition] of Object.entries(definitions)) {
    for (const { group, version, kind } of definition['x-kubernetes-group-version-kind'] ?? []) {
      if (`${group ? `${group}/` : ''}${version} ${kind}` === wanted) return name;
    }
  }
  throw new Error(`${file} does not define ${wanted}`);
}

function keep(name) {
  if (kept[name]) return;
  if (!definitions[name]) throw new Error(`${file} refers to ${name} but does not define it`);
  kept[name] = strip(definitions[name]);
}

/** A schema without descriptions. Also keeps the definitions that it refers to. */
function strip({
  type,
  format,
  enum: values,
  required,
  oneOf,
  $ref,
  items,
  properties,
  additionalProperties,
  ...rest
}) {
  if ($ref) keep($ref.replace('#/definitions/', ''));
  return {
    $ref,
    type,
    format,
    enum: values,
    oneOf: oneOf?.map(strip),
    items: items && strip(items),
    uniqueBy: uniqueBy(rest),
    required,
    properties:
      properties && Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, strip(schema)])),
    // An object with listed properties allows no others.
    additionalProperties: properties ? false : additionalProperties && strip(additionalProperties),
  };
}

/** The fields by which the API server identifies the entries of a list. */
function uniqueBy(schema) {
  const key = schema['x-kubernetes-patch-merge-key'];
  return schema['x-kubernetes-list-map-keys'] ?? (key && [key]);
}

/** One entry per line, sorted, for readable diffs of Kubernetes versions. */
function lines(entries) {
  const sorted = Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',\n');
}
