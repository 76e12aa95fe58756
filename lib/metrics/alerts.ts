// The alerts of a fleet, as rules of Prometheus. They are for each shard: a sum over all shards would hide one of them, or always fire.

import { documentAt } from '../common/documents';
import { TOLERATED_STALL_MS } from '../twemproxy/bridge-config';
import { jobNames } from './scrape-jobs';

/** An alerting rule; its fields are named as in the configuration of Prometheus. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What the alerts of a fleet depend on. */
export interface AlertedFleet {
  readonly fleet: string;
  readonly namespace?: string;
  /** Whether the shards are being moved: then they have no master before their cutover. */
  readonly isMoving: boolean;
  readonly hasReplicas: boolean;
  readonly hasBridge: boolean;
  /** The CronJob of the backups, and the age in seconds from which on a backup is too old. */
  readonly backup?: { readonly cronJob: string; readonly alertAfter: number };
  /** The prefix of the names of the Jobs that change the password. */
  readonly passwords?: string;
  /** Which certificates are read. */
  readonly certificates?: {
    readonly ofShards: boolean;
    readonly ofSentinels: boolean;
    readonly ofProxies: boolean;
  };
  /** Whether the shards are configured to evict no key. */
  readonly evictsNothing: boolean;
  /** Seconds. */
  readonly interval: number;
}

type Severity = 'critical' | 'warning';

/** How full a shard may be: the rest of `maxmemory` is the time to react. */
const FULL = 0.85;

/** Longer than the ten minutes after which a synchronization without progress ends by itself. */
const NO_PROGRESS_SECONDS = 900;

/** cert-manager renews a certificate when a third of its time is left. */
const LATE = 0.2;

/** How often the rules are evaluated, in seconds. */
export const EVALUATION_SECONDS = 5;

/** All rules of a fleet. */
export function alertRules(alerted: AlertedFleet): AlertRule[] {
  return [
    ...masters(alerted),
    ...replicas(alerted),
    ...servers(alerted),
    ...proxies(alerted),
    ...certificates(alerted),
    ...programs(alerted),
  ];
}

function masters({ fleet, isMoving, hasReplicas, hasBridge, interval }: AlertedFleet): AlertRule[] {
  const of = `fleet="${fleet}"`;
  // The two servers of a shard are scraped at different times: for one interval, a switchover looks like no master, or like two.
  const patience = hasReplicas ? interval + 10 : 10;
  const master = `redis_instance_info{${of},role="master"}`;
  return [
    ...(hasBridge
      ? [
          rule(fleet, 'ShardUnavailable', 'critical', 10, 'No proxy has a server for shard {{ $labels.shard }}', [
            `max by (fleet, shard) (haproxy_backend_status{${of},state="UP"}) == 0`,
          ]),
          rule(
            fleet,
            'ProxyWithoutShard',
            'warning',
            60,
            'Proxy {{ $labels.pod }} has no server for {{ $value }} shards',
            [`count by (fleet, pod) (haproxy_backend_status{${of},state="UP"} == 0)`],
          ),
        ]
      : []),
    ...(isMoving
      ? []
      : [
          rule(fleet, 'ShardWithoutMaster', 'critical', patience, 'Shard {{ $labels.shard }} has no master', [
            `group by (fleet, shard) (redis_up{${of}})`,
            `unless on (fleet, shard) ${master}`,
          ]),
        ]),
    ...(hasReplicas
      ? [
          rule(
            fleet,
            'ShardWithTwoMasters',
            'critical',
            patience,
            'Both servers of shard {{ $labels.shard }} are masters',
            [`count by (fleet, shard) (${master}) > 1`],
          ),
        ]
      : []),
  ];
}

function replicas({ fleet, hasReplicas }: AlertedFleet): AlertRule[] {
  if (!hasReplicas) return [];
  const of = `fleet="${fleet}"`;
  return [
    rule(
      fleet,
      'ShardWithoutStandby',
      'warning',
      300,
      'Shard {{ $labels.shard }} has no replica that could take over',
      [
        `group by (fleet, shard) (redis_instance_info{${of},role="master"})`,
        `unless on (fleet, shard) (redis_slave_priority{${of}} > 0 and on (instance) redis_master_link_up{${of}} == 1)`,
      ],
    ),
    rule(
      fleet,
      'ReplicaLag',
      'warning',
      60,
      'The replica of shard {{ $labels.shard }} is {{ $value | humanize1024 }}B behind',
      [
        `max by (fleet, shard) (redis_master_repl_offset{${of}}`,
        `- on (instance) group_right redis_connected_slave_offset_bytes{${of},slave_state="online"})`,
        `> on (fleet, shard) max by (fleet, shard) (redis_replication_backlog_bytes{${of}}) / 2`,
      ],
    ),
  ];
}

const SERVER = 'server {{ $labels.server }} of shard {{ $labels.shard }}';

function servers({ fleet, evictsNothing }: AlertedFleet): AlertRule[] {
  const of = `fleet="${fleet}"`;
  const oom = `redis_errors_total{${of},err="OOM"}`;
  return [
    rule(fleet, 'ServerDown', 'warning', 60, `The ${SERVER} does not reply`, [`redis_up{${of}} == 0`]),
    rule(
      fleet,
      'ShardMemoryHigh',
      'warning',
      300,
      `The ${SERVER} uses {{ $value | humanizePercentage }} of its maxmemory`,
      [`redis_memory_used_bytes{${of}} / (redis_memory_max_bytes{${of}} > 0) > ${FULL}`],
    ),
    ...(evictsNothing
      ? [
          rule(fleet, 'ShardEvictsKeys', 'critical', 0, `The ${SERVER} evicts keys`, [
            `increase(redis_evicted_keys_total{${of}}[5m]) > 0`,
          ]),
        ]
      : []),
    // The series begins with the first error, but also when Prometheus does.
    rule(fleet, 'ShardRefusesWrites', 'critical', 0, `The ${SERVER} has no memory for writes`, [
      `increase(${oom}[5m]) > 0`,
      `or (${oom} unless on (instance) ${oom} offset 5m) and on (instance) redis_up{${of}} offset 5m`,
    ]),
    rule(fleet, 'PersistenceFails', 'critical', 60, `The ${SERVER} cannot write its AOF or RDB`, [
      `redis_aof_last_write_status{${of}} == 0 or redis_aof_last_bgrewrite_status{${of}} == 0`,
      `or redis_rdb_last_bgsave_status{${of}} == 0`,
    ]),
    rule(fleet, 'ForkSlow', 'warning', 0, `The last fork of ${SERVER} took {{ $value | humanizeDuration }}`, [
      `redis_latest_fork_seconds{${of}} > ${TOLERATED_STALL_MS / 1000}`,
    ]),
  ];
}

function proxies({ fleet, interval }: AlertedFleet): AlertRule[] {
  const of = `fleet="${fleet}"`;
  const rate = (name: string): string => `rate(nutcracker_server_${name}_total{${of}}[${Math.max(60, 4 * interval)}s])`;
  return [
    rule(fleet, 'ProxyErrors', 'warning', 120, 'The proxies have connection errors with shard {{ $labels.shard }}', [
      `sum by (fleet, shard) (${rate('errors')} + ${rate('eof')}) > 0`,
    ]),
    rule(fleet, 'ProxyTimeouts', 'warning', 120, 'Shard {{ $labels.shard }} does not reply to the proxies in time', [
      `sum by (fleet, shard) (${rate('timeouts')}) > 0`,
    ]),
    rule(fleet, 'ProxiesWithDifferentRings', 'critical', 600, 'The proxies run {{ $value }} different rings', [
      `count by (fleet) (count by (fleet, ring) (nutcracker_up{${of}})) > 1`,
      `or count by (fleet, pool) (count by (fleet, pool, names) (nutcracker_pool_info{${of}})) > 1`,
    ]),
  ];
}

function certificates({ fleet, certificates: read }: AlertedFleet): AlertRule[] {
  if (!read?.ofShards && !read?.ofProxies) return [];
  const time = (name: string): string => `cdk8s_twemproxy_certificate_${name}_timestamp_seconds{fleet="${fleet}"}`;
  const summary = 'The certificate of {{ $labels.instance }} expires in {{ $value | humanizeDuration }}';
  return [
    rule(fleet, 'CertificateExpires', 'critical', 300, summary, [
      `${time('not_after')} - time()`,
      `< ${LATE} * (${time('not_after')} - ${time('not_before')})`,
    ]),
  ];
}

function programs(alerted: AlertedFleet): AlertRule[] {
  const { fleet, namespace, hasBridge, backup, certificates: read } = alerted;
  const {
    redis,
    proxies: proxyJob,
    bridges,
    shardCertificates,
    sentinelCertificates,
    proxyCertificates,
  } = jobNames(fleet);
  const jobs = [
    redis,
    proxyJob,
    ...(hasBridge ? [bridges] : []),
    ...(read?.ofShards ? [shardCertificates] : []),
    ...(read?.ofSentinels ? [sentinelCertificates] : []),
    ...(read?.ofProxies ? [proxyCertificates] : []),
  ];
  const inNamespace = namespace === undefined ? '' : `namespace="${namespace}",`;
  const names = namesOfJobs(alerted);
  const ofJobs = `${inNamespace}job_name=~"(${names.join('|')})-.+"`;
  // A drill loads one shard after the other, and has a deadline of its own.
  const but = backup ? `,job_name!~"${backup.cronJob}-drill-.+"` : '';
  return [
    rule(fleet, 'MetricsMissing', 'warning', 60, 'Prometheus has no metrics of job {{ $labels.job }}', [
      [
        `count by (job) (up{job=~"${jobs.join('|')}"} == 0)`,
        `count by (job) (nutcracker_up{job="${proxyJob}"} == 0)`,
        ...jobs.map((job) => `absent(up{job="${job}"})`),
      ].join(' or '),
    ]),
    ...(names.length > 0
      ? [
          rule(fleet, 'JobFailed', 'warning', 0, 'Job {{ $labels.job_name }} failed', [
            `kube_job_failed{${ofJobs},condition="true"} == 1`,
          ]),
          rule(fleet, 'JobStandsStill', 'warning', 6 * 3600, 'Job {{ $labels.job_name }} has run for six hours', [
            `kube_job_status_active{${ofJobs}${but}} > 0`,
          ]),
          rule(fleet, 'JobWithoutProgress', 'warning', 60, 'A Job that runs {{ $labels.command }} makes no progress', [
            `time() - cdk8s_twemproxy_job_progress_timestamp_seconds{fleet="${fleet}"} > ${NO_PROGRESS_SECONDS}`,
          ]),
        ]
      : []),
    ...(backup ? [backupTooOld(fleet, `{${inNamespace}cronjob="${backup.cronJob}"}`, backup.alertAfter)] : []),
  ];
}

/** The prefixes of the names of a fleet's Jobs. */
function namesOfJobs({ fleet, isMoving, hasReplicas, backup, passwords }: AlertedFleet): string[] {
  return [
    ...(isMoving || hasReplicas ? [`${fleet}-move`, `${fleet}-failover`] : []),
    ...(backup ? [backup.cronJob] : []),
    ...(passwords ? [passwords] : []),
  ];
}

/** A CronJob that has never succeeded has no time of its last success. */
function backupTooOld(fleet: string, cronJob: string, seconds: number): AlertRule {
  const success = `kube_cronjob_status_last_successful_time${cronJob}`;
  return rule(fleet, 'BackupTooOld', 'critical', 300, 'The newest backup is {{ $value | humanizeDuration }} old', [
    `time() - ${success} > ${seconds}`,
    `or (time() - kube_cronjob_created${cronJob} > ${seconds}) unless on (cronjob) ${success}`,
  ]);
}

function rule(
  fleet: string,
  alert: string,
  severity: Severity,
  seconds: number,
  summary: string,
  expr: readonly string[],
): AlertRule {
  return {
    alert,
    expr: expr.join(' '),
    ...(seconds > 0 && { for: `${seconds}s` }),
    labels: { severity, fleet },
    annotations: { summary, runbook_url: documentAt(`docs/alerts.md#${alert.toLowerCase()}`) },
  };
}
