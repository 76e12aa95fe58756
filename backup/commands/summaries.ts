// The summary of each command, as text and as JSON.

import { ExitCode, exitCodeOf } from '../../migrator/program/outcome';
import { size } from '../../migrator/report/fleet-progress';
import { type Summary } from '../../migrator/report/report';
import { type BackupResult } from './backup';

export function backup({ outcomes, name, manifest, problem }: BackupResult): Summary {
  const missing = outcomes.filter(({ code }) => code !== ExitCode.DONE);
  const bytes = manifest?.shards.reduce((sum, shard) => sum + shard.bytes, 0) ?? 0;
  return {
    text: [
      ...missing.map(({ shard, message }) => `shard ${shard} is missing: ${message}`),
      ...(problem === undefined ? [] : [problem]),
      manifest === undefined
        ? `backup ${name ?? ''} is incomplete; earlier backups are unchanged`
        : `backup ${name ?? ''} is complete: ${manifest.shards.length} shards, ${size(bytes)}`,
    ],
    json: { exitCode: exitCodeOf(outcomes), backup: name, isComplete: manifest !== undefined, problem, outcomes },
  };
}

export function imported(result: BackupResult): Summary {
  const { text, json } = backup(result);
  const { name = '', manifest } = result;
  const next =
    manifest === undefined ? [] : [`restore it to the empty shards, with BACKUP_FROM=${name} (--from ${name})`];
  return { text: [...text, ...next], json };
}
