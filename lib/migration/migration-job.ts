// A Job of a migration: one command of the migrator.

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
  /** The name of the migration. */
  readonly name: string;
  readonly partOf: string;
  readonly planConfigMap: string;
  /** The ConfigMap with the program; undefined if the image contains it. */
  readonly migratorConfigMap?: string;
  /** The ConfigMap with the name of the current Job of each step. */
  readonly currentConfigMap: string;
  readonly password?: SecretKey;
}

/** On termination, a step has this time to bring its shards into a safe state. */
const GRACE_SECONDS = 60;

/**
 * The Job of a step. Everything but `suspend` is immutable in the cluster, so its name contains a hash of its content, as the
 * name of a ConfigMap does.
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

/** A rule has exit codes or conditions, not both. The schema of 1.27 requires conditions; the API server does not. */
type ExitCodesRule = Omit<k8s.PodFailurePolicyRule, 'onPodConditions'>;

const FAIL_ON_FINAL_EXIT_CODES: ExitCodesRule = {
  action: 'FailJob',
  onExitCodes: { containerName: 'migrator', operator: 'In', values: FINAL_EXIT_CODES },
};

/** An error that a retry cannot fix fails the Job; a disruption such as the loss of a node does not count as a retry. */
const FAILURE_POLICY: k8s.PodFailurePolicy = {
  rules: [
    FAIL_ON_FINAL_EXIT_CODES as k8s.PodFailurePolicyRule,
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

/** The default key. */
export const DEFAULT_RENAMED_KEY = 'renamed-commands';

function renamedVolume({ renamedCommands }: MigrationOptions): k8s.Volume[] {
  if (!renamedCommands) return [];
  const { name: secretName, key = DEFAULT_RENAMED_KEY } = renamedCommands;
  return [{ name: RENAMED_MOUNT.name, secret: { secretName, items: [{ key, path: 'lines' }] } }];
}

/** How often the migrator is started in a container before Kubernetes tries another pod. */
const TRIES = 5;

/** Without limits, Node.js keeps 200 MB of garbage beside 11 MB in use (bench/move.md). */
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
      // Kubernetes sets this label on the pods of a Job.
      { name: 'JOB_NAME', valueFrom: { fieldRef: { fieldPath: "metadata.labels['job-name']" } } },
      // The runbook changes this value to run a part of the shards.
      { name: 'MIGRATOR_SHARDS', value: 'all' },
    ],
    // `kubectl describe pod` shows the last lines of the log after a failure.
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

/** A hash of the spec that does not depend on the order of keys, or on `suspend`. */
function specHash(spec: unknown): string {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(([key, inner]) => inner !== undefined && key !== 'suspend');
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
  };
  return contentHash({ spec: JSON.stringify(sorted(spec)) });
}

/** Patched content under the old name would be rejected by a cluster that already has the Job. */
function patchProblems({ spec, metadata }: Manifest, name: string): string[] {
  if (metadata.name === `${name}-${specHash(spec)}`) return [];
  return [
    `a patch changed ${metadata.name}, which is immutable and has a content hash in its name; use a prop instead`,
  ];
}
