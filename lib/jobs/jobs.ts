// The Jobs of a program, and the ConfigMap with the name of the current Job of each step. A replaced Job that Kubernetes runs
// again exits when it is not the current one.

import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { type ProgramJobOptions } from './job-options';
import { type Program } from './program';
import { type Extras, type JobWiring, programJob } from './program-job';
import { type Step } from './step';

interface JobsWiring extends Omit<JobWiring, 'currentConfigMap' | 'extras'> {
  readonly extrasOf: (step: Step) => Extras;
}

interface Jobs {
  /** By step. */
  readonly jobs: { [step: string]: k8s.KubeJob };
  readonly current: k8s.KubeConfigMap;
}

export function jobsOf(
  scope: Construct,
  program: Program,
  options: ProgramJobOptions,
  labels: Record<string, string>,
  scopeOf: (what: string) => Construct,
  { extrasOf, ...wiring }: JobsWiring,
): Jobs {
  const currentConfigMap = `${wiring.name}-current`;
  const jobs = Object.fromEntries(
    program.steps.map((step) => {
      const whole = { ...wiring, currentConfigMap, extras: extrasOf(step) };
      return [step.name, programJob(scopeOf(step.name), program, step, options, whole)];
    }),
  );
  const current = new k8s.KubeConfigMap(scope, 'current', {
    metadata: { name: currentConfigMap, labels },
    data: Object.fromEntries(Object.entries(jobs).map(([step, { name }]) => [step, name])),
  });
  return { jobs, current };
}
