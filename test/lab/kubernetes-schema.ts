// Finds what a Kubernetes 1.27 API server would refuse in an object, or silently drop.
//
// kubernetes-1.27.json is Kubernetes' own schema: types, required and unknown fields. The enums come from kubernetes-models,
// which takes them from the markers in Kubernetes' Go sources. The rest is in kubernetes-constraints.ts and kubernetes-rules.ts.

import * as fs from 'node:fs';
import * as path from 'node:path';

import { Ajv, type ErrorObject, type Schema, type ValidateFunction } from 'ajv';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { CronJob } from 'kubernetes-models/batch/v1/CronJob';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { EndpointSlice } from 'kubernetes-models/discovery.k8s.io/v1/EndpointSlice';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { PersistentVolume } from 'kubernetes-models/v1/PersistentVolume';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { Pod } from 'kubernetes-models/v1/Pod';
import { Secret } from 'kubernetes-models/v1/Secret';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';

import { CONSTRAINTS, NOT_REQUIRED } from './kubernetes-constraints';
import { brokenRules, type KubernetesObject } from './kubernetes-rules';

interface Definition {
  required?: string[];
  properties?: Record<string, { allOf?: Schema[] }>;
  allOf?: Schema[];
}

interface Kubernetes {
  kinds: Record<string, string>;
  definitions: Record<string, Definition>;
}

type Fields = Record<string, unknown>;

interface Model {
  readonly apiVersion: string;
  readonly kind: string;
  new (object: unknown): { validate: () => void };
}

const models = [
  ...[
    ConfigMap,
    Deployment,
    EndpointSlice,
    HorizontalPodAutoscaler,
    CronJob,
    Job,
    Namespace,
    NetworkPolicy,
    PersistentVolume,
  ],
  ...[PersistentVolumeClaim, Pod, PodDisruptionBudget, Secret, Service, ServiceAccount, StatefulSet],
] as unknown as Model[];

const kubernetes = JSON.parse(fs.readFileSync(path.join(__dirname, 'kubernetes-1.27.json'), 'utf8')) as Kubernetes;
const ajv = schemas(kubernetes);

/** The problems of an object, one sentence each, starting with the path of the field; empty if it is valid. */
export function problemsOf(object: unknown): string[] {
  const { apiVersion, kind } = (object ?? {}) as Fields;
  const id = `${String(apiVersion)} ${String(kind)}`;
  const definition = kubernetes.kinds[id];
  if (!definition) return [`${id} is not a kind in kubernetes-1.27.json; add it in scripts/kubernetes-schema.mjs`];

  const nulls = nullsIn(object);
  const validate = ajv.getSchema(`kubernetes#/definitions/${definition}`) as ValidateFunction;
  validate(object);
  const errors = [...(validate.errors ?? []), ...modelErrors(object as KubernetesObject)];
  const problems = errors.filter(({ instancePath }) => !nulls.includes(instancePath)).map(sentence);
  // The rules rely on the types in the schema.
  if (problems.length === 0 && nulls.length === 0) problems.push(...brokenRules(object as KubernetesObject));
  return [...new Set([...nulls.map((at) => `${at} is null`), ...problems])];
}

function schemas({ definitions }: Kubernetes): Ajv {
  for (const [key, field] of Object.entries(NOT_REQUIRED)) {
    const definition = constrained(definitions, key);
    definition.required = definition.required?.filter((name) => name !== field);
  }
  for (const [key, constraint] of Object.entries(CONSTRAINTS)) {
    constrained(definitions, key).allOf = [constraint];
  }
  const checker = new Ajv({ allErrors: true, verbose: true, strictTypes: false });
  checker.addKeyword({
    keyword: 'uniqueBy',
    type: 'array',
    validate: isUniqueBy,
    error: { message: 'must not repeat' },
  });
  checker.addFormat('int32', { type: 'number', validate: (n: number) => Math.abs(n) < 2 ** 31 });
  checker.addFormat('int64', { type: 'number', validate: (n: number) => Number.isSafeInteger(n) });
  checker.addFormat('double', { type: 'number', validate: Number.isFinite });
  checker.addFormat('byte', /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/);
  checker.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/);
  checker.addSchema({ $id: 'kubernetes', definitions });
  return checker;
}

/** The definition ("core.v1.Volume") or the field ("core.v1.Volume.name") of a constraint. */
function constrained(definitions: Record<string, Definition>, key: string): Definition {
  const [, definition = '', field] = /^(.*?\.v\d\.\w+|.*\.Quantity)(?:\.(\w+))?$/.exec(key) ?? [];
  const found = Object.keys(definitions).find((name) => name.endsWith(`.${definition}`));
  const target = found && (field ? definitions[found].properties?.[field] : definitions[found]);
  if (!target) throw new Error(`kubernetes-1.27.json has no ${key}`);
  return target;
}

/** The keyword for a list whose entries differ in these fields; entries without any of them are ignored. */
function isUniqueBy(fields: string[], entries: Fields[]): boolean {
  const keys = entries
    .filter((entry) => fields.some((field) => field in entry))
    .map((entry) => JSON.stringify(fields.map((field) => entry[field] ?? (field === 'protocol' ? 'TCP' : undefined))));
  return new Set(keys).size === keys.length;
}

function modelErrors(object: KubernetesObject): ErrorObject[] {
  const Model = models.find(({ apiVersion, kind }) => apiVersion === object.apiVersion && kind === object.kind);
  if (!Model) throw new Error(`import ${object.apiVersion} ${object.kind} from kubernetes-models`);
  try {
    new Model(object).validate();
    return [];
  } catch (error) {
    return (error as { errors: ErrorObject[] }).errors;
  }
}

function sentence({ instancePath, message, params, schema, keyword }: ErrorObject): string {
  const { additionalProperty, allowedValues } = params as { additionalProperty?: string; allowedValues?: string[] };
  const detail = additionalProperty ?? allowedValues?.join(', ') ?? (keyword === 'uniqueBy' && String(schema));
  return `${instancePath || '/'} ${String(message)}${detail ? `: ${detail}` : ''}`;
}

/** The JSON pointers of all null values. */
function nullsIn(value: unknown, at = ''): string[] {
  if (value === null) return [at];
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    nullsIn(inner, `${at}/${key.replace(/~/g, '~0').replace(/\//g, '~1')}`),
  );
}
