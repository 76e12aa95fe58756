// The backups of a fleet: a CronJob that reads an RDB file of each shard, the volume for them, and the program.

import { Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { type BackupOptions } from './backup/backup-options';
import { backupVolume, nfsServersIn, volumeOf } from './backup/backup-volume';
import { backupExtras, RESTORE_PORTS, restoreEnv } from './backup/backup-job';
import { checkCopy, COPY_SCRIPT, copyPod, copyPort } from './backup/copy-pod';
import { withScratchServer } from './backup/drill-pod';
import { backupPlan } from './backup/plan-json';
import { OLD_FILES, SCRATCH_SCRIPT, withImport } from './backup/import-pod';
import { BACKUP, BACKUP_STEP, DRILL_STEP, IMPORT_STEP, RESTORE_STEP } from './backup/steps';
import { checkProps } from './common/check-props';
import { refuseDuplicates } from './common/duplicate-objects';
import { HASH_LENGTH, hashedConfigMap } from './common/hashed-config-map';
import { type Identity, recommendedLabels, selectorLabels } from './common/labels';
import { checkName, checkWhole, refuse } from './common/prop-errors';
import { script } from './common/scripts';
import { checkSecretKey } from './common/secret-key';
import { type FleetBackupProps } from './fleet-backup-props';
import { checkJobs } from './jobs/job-checks';
import { JOB_METRICS_PORT } from './jobs/job-options';
import { withTls, withTlsServer } from './jobs/job-tls';
import { usesTls } from './redis/server-ports';
import { jobsOf } from './jobs/jobs';
import { planText } from './jobs/plan-text';
import { type Extras, jobLabels, jobSpec, type JobWiring } from './jobs/program-job';
import { type Program } from './jobs/program';
import { programConfigMap } from './jobs/program-bundle';

/** The controller of CronJobs appends eleven characters to the name of a CronJob, which has 52 at most. */
const JOB_SUFFIX = '-drill'.length + 11;

/** How long a drill may take. */
const DRILL_SECONDS = 12 * 3600;

/** After this time, a missed backup is skipped: the next one follows. */
const STARTING_DEADLINE_SECONDS = 3600;

/**
 * Backs up the shards of a fleet: `backup.json`, the program, a CronJob that reads an RDB file of each shard, from its replica if it
 * has one, and writes it to a volume, and a suspended Job that restores them.
 */
export class FleetBackup extends Construct {
  /** backup.json. */
  readonly planConfigMap: k8s.KubeConfigMap;
  /** The program of the Jobs; undefined if their image contains it. */
  readonly programConfigMap?: k8s.KubeConfigMap;
  /** Makes the backups. */
  readonly cronJob: k8s.KubeCronJob;
  /** Tries backups, with `drillSchedule`. */
  readonly drillCronJob?: k8s.KubeCronJob;
  /** Copies backups to a remote, with `copyTo`. */
  readonly copyCronJob?: k8s.KubeCronJob;
  /** The port of that remote. */
  readonly copyPort?: number;
  /** Restores a backup; created suspended. */
  readonly restoreJob: k8s.KubeJob;
  /** Writes a backup from the files of old servers, with `importFrom`; created suspended. */
  readonly importJob?: k8s.KubeJob;
  /** The name of the current Job for a restore, and for an import. A replaced Job that Kubernetes runs again exits when it is not the current one. */
  readonly currentConfigMap: k8s.KubeConfigMap;
  /** The ports of the Job for a restore, which the servers of the shards connect to. */
  readonly restorePorts: number[] = RESTORE_PORTS;
  /** The age of the newest complete backup from which on an alert fires. */
  readonly alertAfter: Duration;
  /** What to consider before the manifests are applied; print it in `main.ts`. */
  readonly warnings: string[];
  /** The prefix of every name. */
  readonly name: string;
  /** The labels of the plan and the program. */
  readonly labels: { [key: string]: string };
  /** The labels that select the pods of the Jobs; they must reach the servers of each shard. */
  readonly podSelector: { [key: string]: string };
  /** The port at which the Jobs export their progress; undefined if they do not. */
  readonly metricsPort?: number;

  constructor(scope: Construct, id: string, props: FleetBackupProps) {
    super(scope, id);
    checkProps(this, 'FleetBackupProps', props);
    const { name, password, partOf = name, scopes = {} } = props;
    checkName(
      this,
      'name',
      name,
      Math.max(JOB_SUFFIX, `-${RESTORE_STEP.name}-`.length + HASH_LENGTH, '-program-'.length + HASH_LENGTH),
    );
    checkServers(this, props);
    checkRetention(this, props);
    checkSecretKey(this, 'password', password);
    checkJobs(this, BACKUP, props, props.addresses.length);
    const identity: Identity = { program: BACKUP.name, instance: name, component: 'backup', partOf };
    this.name = name;
    this.labels = recommendedLabels(identity);
    this.podSelector = selectorLabels(identity);
    this.metricsPort = props.metrics ? JOB_METRICS_PORT : undefined;

    const scopeOf = (what: string): Construct => scopes[what] ?? this;
    const plan = planText(backupPlan(this, partOf, props));
    this.planConfigMap = hashedConfigMap(this, 'plan', `${name}-plan`, this.labels, { [BACKUP.planFile]: plan });
    if (props.programInImage !== true) {
      this.programConfigMap = programConfigMap(scopeOf('program'), BACKUP, `${name}-program`, this.labels);
    }
    const volume = backupVolume(this, props, name, this.labels);
    this.warnings = warningsOf(this, props);
    this.alertAfter = props.alertAfter ?? Duration.hours(36);
    const wiring = {
      name,
      partOf,
      planConfigMap: this.planConfigMap.name,
      programConfigMap: this.programConfigMap?.name,
      password,
    };
    const backup = { ...wiring, extras: withTls(backupExtras(volume, limits(props), []), props.tls) };
    this.cronJob = cronJob(this, 'cron-job', {
      name,
      schedule: props.schedule ?? '17 3 * * *',
      timeZone: props.timeZone,
      labels: jobLabels(BACKUP, BACKUP_STEP, props, backup),
      spec: jobSpec(BACKUP, BACKUP_STEP, props, backup),
    });
    this.drillCronJob = drillOf(this, props, wiring, volume);
    this.copyCronJob = copyOf(this, props, this.labels, volume);
    this.copyPort = props.copyTo && copyPort(props.copyTo);
    const byHand = [...(props.importFrom ? [IMPORT_STEP] : []), RESTORE_STEP];
    const restoring: Program = { ...BACKUP, steps: byHand };
    const importing = importExtras(this, props, this.labels, volume);
    const { jobs, current } = jobsOf(this, restoring, props, this.labels, scopeOf, {
      ...wiring,
      extrasOf: (step) => {
        const own = step === IMPORT_STEP ? importing : undefined;
        // Servers with a partner replicate by TLS only in the phases in which the Job connects to them by TLS.
        const isServer = (props.replicaAddresses ?? []).length === 0 || usesTls(props.tls);
        return own ?? withTlsServer(backupExtras(volume, [], restoreEnv(props)), isServer ? props.tls : undefined);
      },
    });
    this.restoreJob = jobs[RESTORE_STEP.name];
    this.importJob = props.importFrom && jobs[IMPORT_STEP.name];
    this.currentConfigMap = current;
    refuseDuplicates(this);
  }
}

/** A CronJob, of which one Job runs at a time. */
function cronJob(scope: Construct, id: string, { name, schedule, timeZone, labels, spec }: Scheduled): k8s.KubeCronJob {
  return new k8s.KubeCronJob(scope, id, {
    metadata: { name, labels },
    spec: {
      schedule,
      timeZone,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: STARTING_DEADLINE_SECONDS,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: { metadata: { labels }, spec },
    },
  });
}

interface Scheduled {
  readonly name: string;
  readonly schedule: string;
  readonly timeZone?: string;
  readonly labels: Record<string, string>;
  readonly spec: k8s.JobSpec;
}

/** The CronJob that copies backups, if there are copies. */
function copyOf(
  scope: Construct,
  props: FleetBackupProps,
  labels: Record<string, string>,
  volume: k8s.Volume,
): k8s.KubeCronJob | undefined {
  const { name, partOf = name, copyTo, timeZone } = props;
  if (copyTo === undefined) return undefined;
  checkCopy(scope, copyTo);
  const scripts = hashedConfigMap(scope, 'copy-script', `${name}-copy`, labels, { [COPY_SCRIPT]: script(COPY_SCRIPT) });
  const { schedule = '17 5 * * *' } = copyTo;
  const template = {
    metadata: { labels: { ...props.podLabels, ...labels }, annotations: props.podAnnotations },
    spec: copyPod(props, copyTo, partOf, scripts.name, volume),
  };
  return cronJob(scope, 'copy', {
    name: `${name}-copy`,
    schedule,
    timeZone,
    labels,
    spec: { backoffLimit: 3, template },
  });
}

/** The CronJob that tries backups, if it is wanted. */
function drillOf(
  scope: Construct,
  props: FleetBackupProps,
  wiring: Omit<JobWiring, 'extras'>,
  volume: k8s.Volume,
): k8s.KubeCronJob | undefined {
  const { drillSchedule, drillMemory } = props;
  if (drillSchedule === undefined) return undefined;
  if (drillMemory === undefined) {
    refuse(scope, 'drillSchedule is set, but not drillMemory; set it to the memory of the largest shard');
  }
  const whole = { ...wiring, extras: withScratchServer(backupExtras(volume, [], []), props, drillMemory) };
  return cronJob(scope, 'drill', {
    name: `${wiring.name}-drill`,
    schedule: drillSchedule,
    timeZone: props.timeZone,
    labels: jobLabels(BACKUP, DRILL_STEP, props, whole),
    // Its server goes on if the program is killed.
    spec: { ...jobSpec(BACKUP, DRILL_STEP, props, whole), activeDeadlineSeconds: DRILL_SECONDS },
  });
}

/** What the Job of an import has, if there is one. */
function importExtras(
  scope: Construct,
  props: FleetBackupProps,
  labels: Record<string, string>,
  volume: k8s.Volume,
): Extras | undefined {
  const { name, importFrom } = props;
  if (importFrom === undefined) return undefined;
  const purpose = { volumeName: OLD_FILES, prefix: 'importFrom.', what: 'with the old files' };
  // Both volumes may have constructs of the same names.
  const place = new Construct(scope, OLD_FILES);
  const files = volumeOf(place, importFrom, `${name}-import`, labels, purpose);
  const scripts = hashedConfigMap(scope, 'scratch-script', `${name}-scratch`, labels, {
    [SCRATCH_SCRIPT]: script(SCRATCH_SCRIPT),
  });
  return withImport(scope, backupExtras(volume, [], []), props, importFrom, files, scripts.name);
}

function warningsOf(scope: Construct, { storage, shardStorage = [] }: FleetBackupProps): string[] {
  const own = [scope, ...(Construct.isConstruct(storage) ? [storage] : [])].flatMap(nfsServersIn);
  const shared = shardStorage.flatMap(nfsServersIn).filter((server) => own.includes(server));
  return [...new Set(shared)].map(
    (server) =>
      `${scope.node.path}: the backups are on the NFS server ${server}, which also has the shards, and are lost together with them; use another server, or copy them elsewhere`,
  );
}

/** The arguments for the options. */
function limits({ concurrency, keep, keepFor }: BackupOptions): string[] {
  const given = [
    ['--concurrency', concurrency],
    ['--keep', keep],
    ['--keep-days', keepFor?.toDays()],
  ] as const;
  return given.flatMap(([option, value]) => (value === undefined ? [] : [option, String(value)]));
}

function checkServers(scope: Construct, props: FleetBackupProps): void {
  const { ringNames, addresses, replicaAddresses = [], sentinels = [] } = props;
  if (addresses.length === 0 || addresses.length !== ringNames.length) {
    refuse(
      scope,
      `there are ${addresses.length} addresses and ${ringNames.length} ringNames; give one of each for every shard`,
    );
  }
  if (replicaAddresses.length > 0 && replicaAddresses.length !== addresses.length) {
    refuse(
      scope,
      `there are ${replicaAddresses.length} replicaAddresses and ${addresses.length} addresses; give one for every shard, or none`,
    );
  }
  for (const address of [...addresses, ...replicaAddresses, ...sentinels]) {
    if (!/^[^\s/:]+:\d{1,5}$/.test(address)) refuse(scope, `${JSON.stringify(address)} is not host:port`);
  }
}

/** Five fields, or a macro such as @daily. */
const SCHEDULE = /^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|\S+( \S+){4})$/;

function checkSchedule(scope: Construct, prop: string, schedule?: string): void {
  if (schedule === undefined) return;
  if (!SCHEDULE.test(schedule)) {
    refuse(scope, `${prop} is ${JSON.stringify(schedule)}; write five fields, such as '17 3 * * *'`);
  }
  if (schedule.includes('TZ=')) {
    refuse(scope, `${prop} is ${JSON.stringify(schedule)}; Kubernetes rejects a time zone in it, set timeZone`);
  }
}

function checkRetention(scope: Construct, options: BackupOptions): void {
  const { timeZone, concurrency, keep, keepFor } = options;
  checkWhole(scope, 'concurrency', concurrency ?? 1, 1, 1000);
  checkWhole(scope, 'keep', keep ?? 1, 1, 100_000);
  checkWhole(scope, 'keepFor in days', keepFor?.toDays({ integral: false }) ?? 1, 1, 100_000);
  checkSchedule(scope, 'schedule', options.schedule);
  checkSchedule(scope, 'drillSchedule', options.drillSchedule);
  checkSchedule(scope, 'copyTo.schedule', options.copyTo?.schedule);
  if (timeZone !== undefined && !/^[A-Za-z_+-]+(\/[\w+-]+)*$/.test(timeZone)) {
    refuse(
      scope,
      `timeZone is ${JSON.stringify(timeZone)}; write a name of the IANA database, such as 'Europe/Berlin'`,
    );
  }
}
