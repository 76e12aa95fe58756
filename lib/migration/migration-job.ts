// What the Jobs of a migration have beside the plan and the migrator.

import { type k8s } from 'cdk8s-plus-27';
import { secretEnv } from '../common/secret-key';
import { withOldTls, withTls } from '../jobs/job-tls';
import { type Extras } from '../jobs/program-job';
import { type ShardTls } from '../tls/tls-options';
import { type MigrationOptions } from './migration-options';

const RENAMED_MOUNT = { name: 'renamed-commands', mountPath: '/run/renamed-commands', readOnly: true };

/** The default key. */
export const DEFAULT_RENAMED_KEY = 'renamed-commands';

export function migrationExtras({ renamedCommands, oldUser, oldTls }: MigrationOptions, tls?: ShardTls): Extras {
  const extras = {
    args: renamedCommands ? ['--renamed-commands', `${RENAMED_MOUNT.mountPath}/lines`] : [],
    secrets: secretEnv('OLD_PASSWORD', oldUser?.password),
    // The runbook changes this value to run a part of the shards.
    env: [{ name: 'MIGRATOR_SHARDS', value: 'all' }],
    volumes: renamedVolume(renamedCommands),
    volumeMounts: renamedCommands ? [RENAMED_MOUNT] : [],
  };
  return withOldTls(withTls(extras, tls), oldTls);
}

function renamedVolume(renamedCommands: MigrationOptions['renamedCommands']): k8s.Volume[] {
  if (!renamedCommands) return [];
  const { name: secretName, key = DEFAULT_RENAMED_KEY } = renamedCommands;
  return [{ name: RENAMED_MOUNT.name, secret: { secretName, items: [{ key, path: 'lines' }] } }];
}
