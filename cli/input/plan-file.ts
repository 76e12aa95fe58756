// Reads plans: plan.json, the manifest of its ConfigMap, or the directory of manifests that a synth wrote.

import * as path from 'node:path';
import { type MovePlan } from '../../lib/migration/plan';
import { refuse, refuseAny } from '../../lib/nutcracker/config-error';
import { problemsOf } from '../../migrator/plan-file';
import { type Input, type NamedBytes, STDIN } from './pools';
import { isDirectory, manifestsIn, parseYaml } from './manifests';
import { type PlanData } from './report-data';

/** The label by which a Service selects the pod of a shard. */
const POD_NAME = 'statefulset.kubernetes.io/pod-name';

const REMEDY = 'give plan.json, the manifest of its ConfigMap, or the directory that the synth wrote (dist)';

/** The plans in a file or directory; at least one. */
export async function readPlans(given: string, input: Input): Promise<PlanData[]> {
  const inDirectory = isDirectory(given);
  const files = inDirectory ? manifestsIn(given) : [given];
  const sources = await Promise.all(files.map((file) => input.whole(file)));
  const objects = sources.flatMap(objectsIn);
  const plans = objects.flatMap(planIn);
  if (plans.length === 0) {
    const because = inDirectory ? 'no manifest in it has a plan' : 'it has no plan';
    refuse({ file: given === STDIN ? sources[0].name : given, because, remedy: REMEDY });
  }
  const pods = new Map(objects.flatMap(podIn));
  const manifests = inDirectory ? files.map((file) => path.basename(file)) : [];
  return plans.map((plan) => ({ ...plan, pods, manifests }));
}

/** A Kubernetes object, or a plan itself, with its file. */
interface Source {
  readonly file: string;
  readonly value: Manifest;
}
interface Manifest {
  readonly kind?: unknown;
  readonly items?: unknown;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly data?: Readonly<Record<string, unknown>>;
  readonly spec?: { readonly selector?: Readonly<Record<string, unknown>> };
}

function objectsIn({ name, bytes }: NamedBytes): Source[] {
  const text = Buffer.from(bytes).toString();
  const isJson = text.trimStart().startsWith('{');
  // Saves the time to parse manifests that have neither, such as the large one of the migrator.
  if (!isJson && !text.includes('plan.json') && !text.includes(POD_NAME)) return [];
  const values = isJson ? [parseJson(text, name)] : parseYaml(text, name, REMEDY);
  return values.flatMap((value) => {
    if (typeof value !== 'object' || value === null) return [];
    const { items } = value as Manifest;
    return (Array.isArray(items) ? items : [value]).map((one) => ({ file: name, value: one as Manifest }));
  });
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    return refuse({ file, because: `it is not JSON: ${(error as Error).message}`, remedy: REMEDY });
  }
}

type BarePlan = Pick<PlanData, 'source' | 'plan' | 'namespace'>;

function planIn({ file, value }: Source): BarePlan[] {
  const text = value.data?.['plan.json'];
  if (value.kind === 'ConfigMap' && typeof text === 'string') {
    const source = `${file}: ${value.metadata?.name ?? 'ConfigMap'}: plan.json`;
    return [{ source, plan: validPlan(parseJson(text, source), source), namespace: value.metadata?.namespace }];
  }
  return value.kind === undefined && 'shards' in value ? [{ source: file, plan: validPlan(value, file) }] : [];
}

/** Throws for a plan that the migrator would refuse. */
function validPlan(value: unknown, file: string): MovePlan {
  const problems = problemsOf(value as Record<string, unknown>);
  refuseAny(
    problems.map((problem) => {
      const [because, ...remedy] = problem.split('; ');
      return { file, because, remedy: remedy.join('; ') };
    }),
  );
  return value as MovePlan;
}

/** The name of a Service, and of the pod that it routes to. */
function podIn({ value: { kind, metadata, spec } }: Source): [string, string][] {
  const pod = spec?.selector?.[POD_NAME];
  return kind === 'Service' && metadata?.name !== undefined && typeof pod === 'string' ? [[metadata.name, pod]] : [];
}
