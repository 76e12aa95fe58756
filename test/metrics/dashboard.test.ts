// The queries of the dashboard about backups, with the metrics of kube-state-metrics, by the real promtool. All others are run in
// test/metrics-lab.long.test.ts, where no Kubernetes is.

import { execFileSync } from 'node:child_process';
import { Testing } from 'cdk8s';
import { stringify } from 'yaml';
import { dashboardFile } from '../../lib/metrics/dashboard';
import { Lab } from '../lab/lab';

const lab = new Lab();
afterAll(() => lab.close());

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}

/** The query of a panel. */
function queryOf(title: string): string {
  const fleet = { fleet: 'unit-1', isMoving: false, hasReplicas: true, hasBridge: true };
  const backup = { cronJob: 'unit-1-backup', alertAfter: 7200 };
  const text = dashboardFile(Testing.chart(), { ...fleet, evictsNothing: true, interval: 15, backup });
  const { panels } = JSON.parse(text) as Dashboard;
  return panels.find((panel) => panel.title === title)?.targets?.[0].expr ?? '';
}

/** What promtool says of the value of a query after an hour, of series with constant values. */
function promtool(series: Readonly<Record<string, number>>, query: string, value: number): string {
  const test = {
    interval: '60s',
    input_series: Object.entries(series).map(([name, at]) => ({ series: name, values: `${at}x60` })),
    promql_expr_test: [{ expr: query, eval_time: '1h', exp_samples: [{ labels: '{}', value }] }],
  };
  const file = lab.write('test.yml', stringify({ rule_files: [], tests: [test] }));
  try {
    return execFileSync('promtool', ['test', 'rules', file], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
}

const JOB = 'cdk8s_twemproxy_job_newest_backup_timestamp_seconds{fleet="unit-1",command="backup",pod="j"}';
const CRON_JOB = 'kube_cronjob_status_last_successful_time{namespace="unit-1",cronjob="unit-1-backup"}';

test.each([
  ['since the last success of the CronJob, not that of the copies', { [CRON_JOB]: 600, [JOB]: 0 }, 3000],
  ['without kube-state-metrics, since the newest backup was begun', { [JOB]: 300 }, 3300],
])('the age of the backups is %s', (_, series, age) => {
  const all = { ...series, [CRON_JOB.replace('backup"}', 'backup-copy"}')]: 3000 };
  expect(promtool(all, queryOf('Age'), age)).toContain('SUCCESS');
  expect(promtool(all, queryOf('Age'), age + 1)).toContain('FAILED');
});

test('the failed Jobs are those of the backups of this fleet', () => {
  const failed = (name: string): string => `kube_job_failed{job_name="${name}",condition="true"}`;
  const jobs = { 'unit-1-backup-1': 1, 'unit-1-backup-drill-1': 1, 'unit-1-backup-2': 0, 'unit-12-backup-1': 1 };
  const series = Object.fromEntries(Object.entries(jobs).map(([name, value]) => [failed(name), value]));
  expect(promtool(series, queryOf('Failed Jobs'), 2)).toContain('SUCCESS');
  expect(promtool({}, queryOf('Failed Jobs'), 0)).toContain('SUCCESS');
});
