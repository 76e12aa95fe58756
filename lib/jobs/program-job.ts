// A Job: one command of a program.

import { Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { recommendedLabels } from '../common/labels';
import { podSpec, resources, RESTRICTED } from '../common/pod-options';
import { secretEnv, type SecretKey } from '../common/secret-key';
import { hashedJob } from './hashed-job';
import { DEFAULT_JOB_IMAGE, JOB_METRICS, JOB_METRICS_PORT, type ProgramJobOptions } from './job-options';
import { type Program } from './program';
import { FINAL_EXIT_CODES, type Step } from './step';

export interface JobWiring {
  /** The prefix of every name. */
  readonly name: string;
  readonly partOf: string;
  readonly planConfigMap: string;
  /** The ConfigMap with the program; undefined if the image contains it. */
  readonly programConfigMap?: string;
  /** The ConfigMap with the name of the current Job of each step; undefined for a CronJob, which can be changed. */
  readonly currentConfigMap?: string;
  readonly password?: SecretKey;
  /** What the container has beside the plan and the program. */
  readonly extras: Extras;
}

/** Additional parts of the container of a step. */
export interface Extras {
  /** Arguments, before those of the options. */
  readonly args?: readonly string[];
  /** The environment after the password, and at the end. */
  readonly secrets?: readonly k8s.EnvVar[];
  readonly env: readonly k8s.EnvVar[];
  readonly volumes?: readonly k8s.Volume[];
  readonly volumeMounts?: readonly k8s.VolumeMount[];
  /** Containers beside it. */
  readonly containers?: readonly k8s.Container[];
}

/** On termination, a step has this time to bring its shards into a safe state. */
const GRACE_SECONDS = 60;

/** The Job of a step. */
export function programJob(
  scope: Construct,
  program: Program,
  step: Step,
  options: ProgramJobOptions,
  wiring: JobWiring,
): k8s.KubeJob {
  const labels = jobLabels(program, step, options, wiring);
  const spec = jobSpec(program, step, options, wiring);
  return hashedJob(scope, step.name, `${wiring.name}-${step.name}`, labels, spec, step.suspended);
}

/** The labels of a Job and its pods. */
export function jobLabels(
  program: Program,
  step: Step,
  options: ProgramJobOptions,
  wiring: JobWiring,
): Record<string, string> {
  const { name: instance, partOf } = wiring;
  return recommendedLabels({ program: program.name, instance, component: step.name, partOf }, options.podLabels);
}

/** The Job of a step, without whether it is suspended. */
export function jobSpec(program: Program, step: Step, options: ProgramJobOptions, wiring: JobWiring): k8s.JobSpec {
  return {
    backoffLimit: step.retries,
    podFailurePolicy: failurePolicy(program),
    template: {
      metadata: { labels: jobLabels(program, step, options, wiring), annotations: options.podAnnotations },
      spec: pod(program, step, options, wiring),
    },
  };
}

/** A rule has exit codes or conditions, not both. The schema of 1.27 requires conditions; the API server does not. */
type ExitCodesRule = Omit<k8s.PodFailurePolicyRule, 'onPodConditions'>;

/** An error that a retry cannot fix fails the Job; a disruption such as the loss of a node does not count as a retry. */
function failurePolicy({ name: containerName }: Program): k8s.PodFailurePolicy {
  const failOnFinalExitCodes: ExitCodesRule = {
    action: 'FailJob',
    onExitCodes: { containerName, operator: 'In', values: FINAL_EXIT_CODES },
  };
  return {
    rules: [
      failOnFinalExitCodes as k8s.PodFailurePolicyRule,
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    ],
  };
}

function pod(program: Program, step: Step, options: ProgramJobOptions, wiring: JobWiring): k8s.PodSpec {
  return {
    ...podSpec(options, {}),
    topologySpreadConstraints: undefined,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: GRACE_SECONDS,
    containers: [container(program, step, options, wiring), ...(wiring.extras.containers ?? [])],
    volumes: [
      ...(wiring.programConfigMap === undefined
        ? []
        : [{ name: program.name, configMap: { name: wiring.programConfigMap } }]),
      { name: 'plan', configMap: { name: wiring.planConfigMap } },
      ...(wiring.currentConfigMap === undefined
        ? []
        : [{ name: 'current', configMap: { name: wiring.currentConfigMap } }]),
      ...(wiring.extras.volumes ?? []),
    ],
  };
}

/** How often the program is started in a container before Kubernetes tries another pod. */
const TRIES = 5;

/** Without limits, Node.js keeps 200 MB of garbage beside 11 MB in use (bench/move.md). */
const SMALL_HEAP = ['--max-semi-space-size=1', '--max-old-space-size=96'];

function container(
  { name, planFile, planDirectory }: Program,
  step: Step,
  options: ProgramJobOptions,
  { password, programConfigMap, currentConfigMap, extras }: JobWiring,
): k8s.Container {
  const { memory = Size.mebibytes(256), cpu = Cpu.millis(500), cpuLimit, stepArguments = {} } = options;
  const program = ['node', ...SMALL_HEAP, `/opt/${name}/${name}.mjs`, step.name];
  const supervised = step.retries > 0 ? ['sh', `/opt/${name}/run-${name}.sh`, String(TRIES), ...program] : program;
  const command = [
    ...supervised,
    '--plan',
    `${planDirectory}/${planFile}`,
    ...(currentConfigMap === undefined ? [] : ['--current', `${planDirectory}-current/${step.name}`]),
    ...(options.metrics ? ['--metrics-port', String(JOB_METRICS_PORT)] : []),
    ...(extras.args ?? []),
  ];
  return {
    name,
    image: options.image ?? DEFAULT_JOB_IMAGE,
    imagePullPolicy: options.imagePullPolicy,
    command: [...command, ...(stepArguments[step.name] ?? [])],
    env: [
      ...secretEnv('REDIS_PASSWORD', password),
      ...(extras.secrets ?? []),
      // Kubernetes sets this label on the pods of a Job.
      { name: 'JOB_NAME', valueFrom: { fieldRef: { fieldPath: "metadata.labels['job-name']" } } },
      ...extras.env,
    ],
    ...(options.metrics && { ports: [{ name: JOB_METRICS, containerPort: JOB_METRICS_PORT }] }),
    // `kubectl describe pod` shows the last lines of the log after a failure.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: RESTRICTED,
    resources: resources(memory, cpu, cpuLimit),
    volumeMounts: [
      ...(programConfigMap === undefined ? [] : [{ name, mountPath: `/opt/${name}`, readOnly: true }]),
      { name: 'plan', mountPath: planDirectory, readOnly: true },
      ...(currentConfigMap === undefined
        ? []
        : [{ name: 'current', mountPath: `${planDirectory}-current`, readOnly: true }]),
      ...(extras.volumeMounts ?? []),
    ],
  };
}
