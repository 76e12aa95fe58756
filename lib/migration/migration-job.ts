// A Job of a move: one command of the migrator.

import { Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { contentHash } from '../common/hashed-config-map';
import { recommendedLabels } from '../common/labels';
import { podSpec, resources, RESTRICTED } from '../common/pod-options';
import { secretEnv, type SecretKey } from '../common/secret-key';
import { checkPatched, type Manifest } from '../common/manifest-checks';
import { DEFAULT_MIGRATOR_IMAGE, type MigrationOptions } from './migration-options';
import { FINAL_EXIT_CODES, type Step } from './steps';

export interface JobWiring {
  /** The name of the move. */
  readonly name: string;
  readonly partOf: string;
  readonly planConfigMap: string;
  /** Brings the program; none where the image holds it. */
  readonly migratorConfigMap?: string;
  /** Holds the name of the current Job of each step. */
  readonly currentConfigMap: string;
  readonly password?: SecretKey;
}

/** A step has the time to bring the shards in its hands to where they can be left. */
const GRACE_SECONDS = 60;

/**
 * The Job of a step. Nothing of it but `suspend` can be changed in the cluster, so it is named by its content, as a
 * ConfigMap is.
 */
export function migrationJob(scope: Construct, step: Step, options: MigrationOptions, wiring: JobWiring): k8s.KubeJob {
  const labels = recommendedLabels(
    { program: 'migrator', instance: wiring.name, component: step.name, partOf: wiring.partOf },
    options.podLabels,
  );
  const spec: k8s.JobSpec = {
    backoffLimit: step.retries,
    podFailurePolicy: FAILURE_POLICY,
    template: {
      metadata: { labels, annotations: options.podAnnotations },
      spec: migratorPod(step, options, wiring),
    },
  };
  const name = `${wiring.name}-${step.name}`;
  const job = new k8s.KubeJob(scope, step.name, {
    metadata: { name: `${name}-${specHash(k8s.toJson_JobSpec(spec))}`, labels },
    spec: { suspend: step.suspended || undefined, ...spec },
  });
  checkPatched(job, (manifest) => patchProblems(manifest, name));
  return job;
}

/** A rule names exit codes or conditions, never both; the schema of 1.27 asks for conditions in each, its API server does not. */
type ExitCodesRule = Omit<k8s.PodFailurePolicyRule, 'onPodConditions'>;

const WHAT_NO_REPETITION_CHANGES: ExitCodesRule = {
  action: 'FailJob',
  onExitCodes: { containerName: 'migrator', operator: 'In', values: FINAL_EXIT_CODES },
};

/** What a repetition cannot fix ends the Job; losing its node costs it no attempt. */
const FAILURE_POLICY: k8s.PodFailurePolicy = {
  rules: [
    WHAT_NO_REPETITION_CHANGES as k8s.PodFailurePolicyRule,
    { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
  ],
};

function migratorPod(step: Step, options: MigrationOptions, wiring: JobWiring): k8s.PodSpec {
  return {
    ...podSpec(options, {}),
    topologySpreadConstraints: undefined,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: GRACE_SECONDS,
    containers: [migrator(step, options, wiring)],
    volumes: [
      ...(wiring.migratorConfigMap === undefined
        ? []
        : [{ name: 'migrator', configMap: { name: wiring.migratorConfigMap } }]),
      { name: 'plan', configMap: { name: wiring.planConfigMap } },
      { name: 'current', configMap: { name: wiring.currentConfigMap } },
      ...renamedVolume(options),
    ],
  };
}

const RENAMED_MOUNT = { name: 'renamed-commands', mountPath: '/run/renamed-commands', readOnly: true };

/** The key that is meant where none is given. */
export const DEFAULT_RENAMED_KEY = 'renamed-commands';

function renamedVolume({ renamedCommands }: MigrationOptions): k8s.Volume[] {
  if (!renamedCommands) return [];
  const { name: secretName, key = DEFAULT_RENAMED_KEY } = renamedCommands;
  return [{ name: RENAMED_MOUNT.name, secret: { secretName, items: [{ key, path: 'lines' }] } }];
}

/** How often a migrator that dies is started again in its container, before Kubernetes tries another pod. */
const TRIES = 5;

/** Node.js lets garbage lie as long as it sees room: without a bound, 200 MB of it beside 11 MB that are in use (bench/move.md). */
const SMALL_HEAP = ['--max-semi-space-size=1', '--max-old-space-size=96'];

function migrator(step: Step, options: MigrationOptions, { password, migratorConfigMap }: JobWiring): k8s.Container {
  const { memory = Size.mebibytes(256), cpu = Cpu.millis(500), cpuLimit, stepArguments = {} } = options;
  const program = ['node', ...SMALL_HEAP, '/opt/migrator/migrator.mjs', step.name];
  const supervised = step.retries > 0 ? ['sh', '/opt/migrator/run-migrator.sh', String(TRIES), ...program] : program;
  const command = [
    ...supervised,
    '--plan',
    '/etc/migration/plan.json',
    '--current',
    `/etc/migration-current/${step.name}`,
    ...(options.renamedCommands ? ['--renamed-commands', `${RENAMED_MOUNT.mountPath}/lines`] : []),
  ];
  return {
    name: 'migrator',
    image: options.image ?? DEFAULT_MIGRATOR_IMAGE,
    imagePullPolicy: options.imagePullPolicy,
    command: [...command, ...(stepArguments[step.name] ?? [])],
    env: [
      ...secretEnv('REDIS_PASSWORD', password),
      ...secretEnv('OLD_PASSWORD', options.oldUser?.password),
      // Kubernetes puts this label on the pods of a Job.
      { name: 'JOB_NAME', valueFrom: { fieldRef: { fieldPath: "metadata.labels['job-name']" } } },
      // The runbook starts a portion with another value here.
      { name: 'MIGRATOR_SHARDS', value: 'all' },
    ],
    // `kubectl describe pod` then shows the last lines of a failure.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: RESTRICTED,
    resources: resources(memory, cpu, cpuLimit),
    volumeMounts: [
      ...(migratorConfigMap === undefined ? [] : [{ name: 'migrator', mountPath: '/opt/migrator', readOnly: true }]),
      { name: 'plan', mountPath: '/etc/migration', readOnly: true },
      { name: 'current', mountPath: '/etc/migration-current', readOnly: true },
      ...(options.renamedCommands ? [RENAMED_MOUNT] : []),
    ],
  };
}

/** The same for any order of keys, and whether suspended or not. */
function specHash(spec: unknown): string {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(([key, inner]) => inner !== undefined && key !== 'suspend');
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
  };
  return contentHash({ spec: JSON.stringify(sorted(spec)) });
}

/** A patched template under the old name would be refused by a cluster that has the Job already. */
function patchProblems({ spec, metadata }: Manifest, name: string): string[] {
  if (metadata.name === `${name}-${specHash(spec)}`) return [];
  return [
    `a patch changed ${metadata.name}, which is immutable and has a content hash in its name; use a prop instead`,
  ];
}
