// The backups, and the Jobs that write and load them.

import { BACKUP, OF_FLEET, ofJob, type Part, stat, timeSeries } from './panels';

const COMMANDS = `${OF_FLEET},command=~"backup|restore|import|drill"`;

export function backups(): Part[] {
  const success = `max(kube_cronjob_status_last_successful_time{cronjob="${BACKUP}"})`;
  const newest = `max(${ofJob('newest_backup_timestamp_seconds', COMMANDS)})`;
  return [
    stat(
      'Age',
      {
        description:
          'Since the last successful Job of the CronJob. Without kube-state-metrics: since the newest backup was begun, while a Job runs.',
        unit: 's',
      },
      `time() - (${success} or ${newest})`,
    ),
    stat(
      'Failed Jobs',
      { description: 'Of the backups, their copies, drills and restores. Needs kube-state-metrics.', bad: 1 },
      `count(kube_job_failed{job_name=~"${BACKUP}-.+",condition="true"} == 1) or vector(0)`,
    ),
    timeSeries('Shards of the running backup', { description: 'Or of a restore, import or drill, by their state.' }, [
      `sum by (command, state) (${ofJob('shards', COMMANDS)})`,
      '{{command}}: {{state}}',
    ]),
    timeSeries(
      'Data of the running backup',
      { description: 'What has arrived of the files that are read or loaded now, and finished files.', unit: 'bytes' },
      [`sum by (command) (${ofJob('bytes', COMMANDS)})`, '{{command}}: arrived'],
      [`sum by (command) (${ofJob('backup_bytes', COMMANDS)})`, '{{command}}: finished'],
    ),
  ];
}
