// Each alert fires in its case and no other does, by the real promtool; and each has a section in docs/alerts.md.

import { execFileSync } from 'node:child_process';
import { stringify } from 'yaml';
import { type AlertedFleet, type AlertRule, alertRules } from '../../lib/metrics/alerts';
import { ruleFile } from '../../lib/metrics/scrape-config';
import { headingsOf } from '../docs/documents';
import { Lab } from '../lab/lab';

const FLEET: AlertedFleet = {
  fleet: 'unit-1',
  namespace: 'unit-1',
  isMoving: false,
  hasReplicas: true,
  hasBridge: true,
  backup: { cronJob: 'unit-1-backup', alertAfter: 7200 },
  passwords: 'unit-1-passwords',
  certificates: { ofShards: true, ofSentinels: true, ofProxies: true },
  evictsNothing: true,
  interval: 15,
};
const RULES = alertRules(FLEET);
const MOVING = { ...FLEET, isMoving: true };

type Series = Record<string, string>;
type Labels = Record<string, string>;

const F = 'fleet="unit-1"';
const at = (shard: number, server: string): string =>
  `${F},job="unit-1-redis",shard="${shard}",server="${server}",instance="${shard}${server}"`;
const proxy = (n: number, more = ''): string =>
  `{${F},job="unit-1-proxies",pod="p-${n}",instance="p-${n}",ring="r"${more}}`;
const ofShard = (n: number, shard: number): string => proxy(n, `,pool="alpha",server="s${shard}",shard="${shard}"`);
const bridge = (n: number, shard: number): string =>
  `haproxy_backend_status{${F},job="unit-1-bridges",pod="p-${n}",shard="${shard}",state="UP"}`;
const job = (name: string): string => `{namespace="unit-1",job_name="unit-1-${name}"}`;
const failed = (name: string): string => `kube_job_failed${job(name).replace('}', ',condition="true"}')}`;

const DAY = 86_400;

/** A Job of each program. */
const JOBS = ['move-sync-1', 'failover-status-1', 'backup-1', 'backup-restore-1', 'passwords-retire-1'];

const BACKUP = '{namespace="unit-1",cronjob="unit-1-backup"}';
const PROGRESS = `cdk8s_twemproxy_job_progress_timestamp_seconds{${F},job="unit-1-jobs",pod="j",command="sync"}`;

/** Of a shard and of a proxy. */
const CERTIFIED = [
  `{${F},job="unit-1-shard-certificates",shard="1",instance="1a"}`,
  `{${F},job="unit-1-proxy-certificates",pod="p-1",instance="p-1"}`,
  `{${F},job="unit-1-sentinel-certificates",sentinel="2",instance="s2"}`,
];
const validity = (end: 'before' | 'after', of: string): string =>
  `cdk8s_twemproxy_certificate_not_${end}_timestamp_seconds${of}`;

/** Two shards with two servers each, and two proxies, without a fault. */
function healthy(): Series {
  const series: Series = {
    ...Object.fromEntries(
      JOBS.flatMap((name) => [
        [`kube_job_status_active${job(name)}`, '1x10 _x200'],
        [failed(name), '0x200'],
      ]),
    ),
    // It may take as long as it has.
    [`kube_job_status_active${job('backup-drill-1')}`]: '1x200',
    // Of another fleet.
    [`kube_job_status_active{namespace="unit-1",job_name="unit-12-backup-1"}`]: '1x200',
    [`kube_job_failed{namespace="unit-1",job_name="unit-12-backup-1",condition="true"}`]: '1x200',
    [`kube_cronjob_created${BACKUP}`]: '-100000x200',
    // An hour before the times at which the cases are evaluated.
    [`kube_cronjob_status_last_successful_time${BACKUP}`]: '0x200',
    // It progresses with each sample.
    [PROGRESS]: '0+5x200',
  };
  for (const of of CERTIFIED) {
    // Of 90 days, 19 are left.
    Object.assign(series, {
      [`up${of}`]: '1x200',
      [validity('before', of)]: `${-71 * DAY}x200`,
      [validity('after', of)]: `${19 * DAY}x200`,
    });
  }
  for (const shard of [0, 1]) {
    for (const [server, role] of [
      ['a', 'master'],
      ['b', 'slave'],
    ]) {
      const labels = at(shard, server);
      Object.assign(series, {
        [`up{${labels}}`]: '1x200',
        [`redis_up{${labels}}`]: '1x200',
        [`redis_instance_info{${labels},role="${role}"}`]: '1x200',
        [`redis_memory_used_bytes{${labels}}`]: '80x200',
        [`redis_memory_max_bytes{${labels}}`]: '100x200',
        [`redis_evicted_keys_total{${labels}}`]: '7x200',
        [`redis_errors_total{${labels},err="OOM"}`]: '3x200',
        [`redis_aof_last_write_status{${labels}}`]: '1x200',
        [`redis_aof_last_bgrewrite_status{${labels}}`]: '1x200',
        [`redis_rdb_last_bgsave_status{${labels}}`]: '1x200',
        [`redis_latest_fork_seconds{${labels}}`]: '0.1x200',
        [`redis_master_repl_offset{${labels}}`]: '1000x200',
        [`redis_replication_backlog_bytes{${labels}}`]: '500x200',
      });
    }
    Object.assign(series, {
      [`redis_slave_priority{${at(shard, 'b')}}`]: '100x200',
      [`redis_master_link_up{${at(shard, 'b')},master_host="x"}`]: '1x200',
      [`redis_connected_slave_offset_bytes{${at(shard, 'a')},slave_ip="x",slave_state="online"}`]: '900x200',
      // A full synchronization.
      [`redis_connected_slave_offset_bytes{${at(shard, 'a')},slave_ip="y",slave_state="wait_bgsave"}`]: '0x200',
    });
    for (const n of [0, 1]) {
      series[bridge(n, shard)] = '1x200';
      for (const name of ['errors', 'eof', 'timeouts'])
        series[`nutcracker_server_${name}_total${ofShard(n, shard)}`] = '5x200';
    }
  }
  for (const n of [0, 1]) {
    series[`up${proxy(n)}`] = '1x200';
    series[`up{job="unit-1-bridges",pod="p-${n}"}`] = '1x200';
    series[`nutcracker_up${proxy(n)}`] = '1x200';
    series[`nutcracker_pool_info${proxy(n, ',pool="alpha",names="d",servers="2"')}`] = '1x200';
  }
  return series;
}

interface Case {
  readonly alert: string;
  /** The series that differ; an empty value removes one. */
  readonly change: Series;
  readonly seconds: number;
  readonly labels: Labels;
  readonly value?: string;
  /** Other alerts that the same fault causes. */
  readonly also?: readonly string[];
}

const HOUR = 3600;
const SHARD = { shard: '1' };
const A = { ...SHARD, server: 'a', instance: '1a', job: 'unit-1-redis' };
const a = at(1, 'a');
const b = at(1, 'b');

const CASES: Case[] = [
  {
    alert: 'ShardUnavailable',
    change: { [bridge(0, 1)]: '0x200', [bridge(1, 1)]: '0x200' },
    seconds: 15,
    labels: SHARD,
  },
  { alert: 'ProxyWithoutShard', change: { [bridge(0, 1)]: '0x200' }, seconds: 65, labels: { pod: 'p-0' }, value: '1' },
  {
    alert: 'ShardWithoutMaster',
    change: { [`redis_instance_info{${a},role="master"}`]: '', [`redis_up{${a}}`]: '0x200' },
    seconds: 30,
    labels: SHARD,
  },
  {
    alert: 'ShardWithTwoMasters',
    change: { [`redis_instance_info{${b},role="slave"}`]: '', [`redis_instance_info{${b},role="master"}`]: '1x200' },
    seconds: 30,
    labels: SHARD,
  },
  { alert: 'ShardWithoutStandby', change: { [`redis_slave_priority{${b}}`]: '0x200' }, seconds: 305, labels: SHARD },
  {
    alert: 'ShardWithoutStandby',
    change: { [`redis_master_link_up{${b},master_host="x"}`]: '0x200' },
    seconds: 305,
    labels: SHARD,
  },
  {
    alert: 'ReplicaLag',
    change: { [`redis_connected_slave_offset_bytes{${a},slave_ip="x",slave_state="online"}`]: '700x200' },
    seconds: 65,
    labels: SHARD,
    value: '300',
  },
  { alert: 'ServerDown', change: { [`redis_up{${a}}`]: '0x200' }, seconds: 65, labels: A },
  {
    alert: 'ShardMemoryHigh',
    change: { [`redis_memory_used_bytes{${a}}`]: '90x200' },
    seconds: 305,
    labels: A,
    value: '90%',
  },
  { alert: 'ShardEvictsKeys', change: { [`redis_evicted_keys_total{${a}}`]: '0+1x200' }, seconds: 60, labels: A },
  {
    alert: 'ShardRefusesWrites',
    change: { [`redis_errors_total{${a},err="OOM"}`]: '0+1x200' },
    seconds: 600,
    labels: { ...A, err: 'OOM' },
  },
  {
    alert: 'ShardRefusesWrites',
    change: { [`redis_errors_total{${a},err="OOM"}`]: '_x70 1x200' },
    seconds: 600,
    labels: { ...A, err: 'OOM' },
  },
  { alert: 'PersistenceFails', change: { [`redis_aof_last_write_status{${a}}`]: '0x200' }, seconds: 65, labels: A },
  {
    alert: 'PersistenceFails',
    change: { [`redis_aof_last_bgrewrite_status{${a}}`]: '0x200' },
    seconds: 65,
    labels: A,
  },
  { alert: 'PersistenceFails', change: { [`redis_rdb_last_bgsave_status{${a}}`]: '0x200' }, seconds: 65, labels: A },
  {
    alert: 'ForkSlow',
    change: { [`redis_latest_fork_seconds{${a}}`]: '0.5x200' },
    seconds: 5,
    labels: A,
    value: '500ms',
  },
  {
    alert: 'ProxyErrors',
    change: { [`nutcracker_server_errors_total${ofShard(0, 1)}`]: '0+1x200' },
    seconds: 200,
    labels: SHARD,
  },
  {
    alert: 'ProxyErrors',
    change: { [`nutcracker_server_eof_total${ofShard(1, 1)}`]: '0+1x200' },
    seconds: 200,
    labels: SHARD,
  },
  {
    alert: 'ProxyTimeouts',
    change: { [`nutcracker_server_timeouts_total${ofShard(0, 1)}`]: '0+1x200' },
    seconds: 200,
    labels: SHARD,
  },
  {
    alert: 'ProxiesWithDifferentRings',
    change: { [`nutcracker_up${proxy(1)}`]: '', [`nutcracker_up${proxy(1).replace('"r"', '"other"')}`]: '1x200' },
    seconds: 605,
    labels: {},
    value: '2',
  },
  {
    alert: 'ProxiesWithDifferentRings',
    change: {
      [`nutcracker_pool_info${proxy(1, ',pool="alpha",names="d",servers="2"')}`]: '',
      [`nutcracker_pool_info${proxy(1, ',pool="alpha",names="e",servers="2"')}`]: '1x200',
    },
    seconds: 605,
    labels: { pool: 'alpha' },
    value: '2',
  },
  {
    alert: 'CertificateExpires',
    change: {
      [validity('after', CERTIFIED[0])]: `${17 * DAY + 600}x200`,
      [validity('before', CERTIFIED[0])]: `${-73 * DAY}x200`,
    },
    seconds: 600,
    labels: { job: 'unit-1-shard-certificates', shard: '1', instance: '1a' },
    value: '17d 0h 0m 0s',
  },
  {
    alert: 'CertificateExpires',
    change: { [validity('after', CERTIFIED[2])]: `-600x200` },
    seconds: 600,
    labels: { job: 'unit-1-sentinel-certificates', sentinel: '2', instance: 's2' },
    value: '-20m 0s',
  },
  {
    alert: 'MetricsMissing',
    change: { [`up${CERTIFIED[2]}`]: '0x200' },
    seconds: 65,
    labels: { job: 'unit-1-sentinel-certificates' },
  },
  {
    alert: 'MetricsMissing',
    change: { [`up${CERTIFIED[1]}`]: '0x200' },
    seconds: 65,
    labels: { job: 'unit-1-proxy-certificates' },
  },
  { alert: 'MetricsMissing', change: { [`up${proxy(1)}`]: '0x200' }, seconds: 65, labels: { job: 'unit-1-proxies' } },
  {
    alert: 'MetricsMissing',
    change: { [`nutcracker_up${proxy(1)}`]: '0x200' },
    seconds: 65,
    labels: { job: 'unit-1-proxies' },
  },
  {
    alert: 'MetricsMissing',
    change: { 'up{job="unit-1-bridges",pod="p-0"}': '', 'up{job="unit-1-bridges",pod="p-1"}': '' },
    seconds: 65,
    labels: { job: 'unit-1-bridges' },
  },
  ...['move-sync-1', 'passwords-retire-1'].map((name) => ({
    alert: 'JobFailed',
    change: { [failed(name)]: '1x200' },
    seconds: 5,
    labels: { namespace: 'unit-1', job_name: `unit-1-${name}`, condition: 'true' },
  })),
  ...['backup-restore-1'].map((name) => ({
    alert: 'JobStandsStill',
    change: { [`kube_job_status_active${job(name)}`]: '1x200' },
    seconds: 6 * HOUR + 600,
    labels: { namespace: 'unit-1', job_name: `unit-1-${name}` },
    also: ['JobWithoutProgress', 'BackupTooOld'],
  })),
  {
    alert: 'JobWithoutProgress',
    change: { [PROGRESS]: '0x200' },
    seconds: 965,
    labels: { job: 'unit-1-jobs', pod: 'j', command: 'sync' },
  },
  {
    alert: 'BackupTooOld',
    change: { [`kube_cronjob_status_last_successful_time${BACKUP}`]: '-7000x200' },
    seconds: 600,
    labels: { namespace: 'unit-1', cronjob: 'unit-1-backup' },
    value: '2h 6m 40s',
  },
  {
    alert: 'BackupTooOld',
    change: {
      [`kube_cronjob_status_last_successful_time${BACKUP}`]: '',
      [`kube_cronjob_created${BACKUP}`]: '-7000x200',
    },
    seconds: 600,
    labels: { namespace: 'unit-1', cronjob: 'unit-1-backup' },
    value: '2h 6m 40s',
  },
];

const lab = new Lab();
afterAll(() => lab.close());

/** The alert as promtool expects it. */
function expected({ labels, annotations }: AlertRule, found: Labels, value = ''): object {
  const render = (text: string): string =>
    text
      .replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, name: string) => found[name])
      .replace(/\{\{ \$value[^}]*\}\}/g, value);
  return {
    exp_labels: { ...found, ...labels },
    exp_annotations: Object.fromEntries(Object.entries(annotations).map(([name, text]) => [name, render(text)])),
  };
}

/** Runs promtool: at that time the case's alert fires, and all others do not, except those that the same fault causes. */
function promtool(rules: readonly AlertRule[], cases: readonly Partial<Case>[], step = 5): string {
  const file = lab.write('rules.yml', ruleFile('unit-1', rules));
  const tests = cases.map(({ alert, change = {}, seconds = 900, labels = {}, value, also = [] }) => ({
    interval: `${step}s`,
    input_series: Object.entries({ ...healthy(), ...change }).flatMap(([series, values]) =>
      values === '' ? [] : [{ series, values }],
    ),
    alert_rule_test: [...new Set(rules.map((rule) => rule.alert))]
      .filter((name) => !also.includes(name))
      .map((name) => ({
        eval_time: `${seconds}s`,
        alertname: name,
        exp_alerts: rules
          .filter((rule) => rule.alert === name && name === alert)
          .map((rule) => expected(rule, labels, value)),
      })),
  }));
  const test = lab.write(
    'test.yml',
    stringify({ rule_files: [file], evaluation_interval: `${step}s`, tests }, { aliasDuplicateObjects: false }),
  );
  try {
    return execFileSync('promtool', ['test', 'rules', test], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    throw new Error((error as { stdout: string; stderr: string }).stdout + (error as { stderr: string }).stderr, {
      cause: error,
    });
  }
}

test('no alert fires in a healthy fleet', () => {
  expect(promtool(RULES, [{}])).toContain('SUCCESS');
});

test('each alert fires in its case, and no other does', () => {
  expect([...new Set(CASES.map(({ alert }) => alert))]).toEqual(RULES.map(({ alert }) => alert));
  const isLong = ({ seconds }: Case): boolean => seconds > HOUR;
  expect(
    promtool(
      RULES,
      CASES.filter((it) => !isLong(it)),
    ),
  ).toContain('SUCCESS');
  expect(promtool(RULES, CASES.filter(isLong), 300)).toContain('SUCCESS');
});

test('a planted fault is found', () => {
  const broken = RULES.map((rule) => ({ ...rule, expr: rule.expr.replace('> 0.85', '> 0.95') }));
  expect(() =>
    promtool(
      broken,
      CASES.filter(({ alert }) => alert === 'ShardMemoryHigh'),
    ),
  ).toThrow('ShardMemoryHigh');
});

test('a fleet that is being moved has no alert for shards without a master', () => {
  const names = (fleet: AlertedFleet): string[] => alertRules(fleet).map(({ alert }) => alert);
  expect(names(FLEET).filter((alert) => !names(MOVING).includes(alert))).toEqual(['ShardWithoutMaster']);
  const single = { ...FLEET, hasReplicas: false, hasBridge: false, evictsNothing: false };
  const without = { ...single, backup: undefined, passwords: undefined, certificates: undefined };
  expect(names(FLEET).filter((alert) => !names(without).includes(alert))).toEqual([
    'ShardUnavailable',
    'ProxyWithoutShard',
    'ShardWithTwoMasters',
    'ShardWithoutStandby',
    'ReplicaLag',
    'ShardEvictsKeys',
    'CertificateExpires',
    'JobFailed',
    'JobStandsStill',
    'JobWithoutProgress',
    'BackupTooOld',
  ]);
  const jobs = ['JobFailed', 'JobStandsStill', 'JobWithoutProgress'];
  expect(names({ ...without, passwords: 'p' })).toEqual([...names(without), ...jobs]);
  expect(names({ ...single, certificates: undefined })).toEqual([...names(without), ...jobs, 'BackupTooOld']);
});

test('each alert has a section in docs/alerts.md, and no section is without an alert', () => {
  const groups = ['alerts', 'masters', 'replicas', 'servers', 'proxies', 'certificates', 'programs'];
  const sections = headingsOf('docs/alerts.md').filter((heading) => !groups.includes(heading));
  expect(sections).toEqual(RULES.map(({ alert }) => alert.toLowerCase()));
  for (const { alert, annotations } of RULES) {
    expect(annotations.runbook_url).toMatch(new RegExp(`/docs/alerts\\.md#${alert.toLowerCase()}$`));
  }
});
