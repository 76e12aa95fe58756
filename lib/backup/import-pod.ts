// The pod of an import: the old files, read-only, and Redis servers that load them, in the pod so that nothing else reaches them.

import { Cpu, type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { RESTRICTED, resources } from '../common/pod-options';
import { checkImage, checkWhole, refuse } from '../common/prop-errors';
import { type Extras } from '../jobs/program-job';
import { FleetShards } from '../nutcracker/fleet-shards';
import { type NutcrackerPool } from '../nutcracker';
import { ringFingerprint } from '../nutcracker/ring-fingerprint';
import { DEFAULT_REDIS_IMAGE } from '../redis/config/server-version';
import { plannedPool } from '../migration/plan-json';
import { type BackupImport } from './backup-import';
import { type BackupOptions } from './backup-options';
import { type BackedUpShard, type BackupPlan } from './backup-plan';
import { importDirectories } from './import-directories';
import { IMPORT_STEP } from './steps';

export const SCRATCH_SCRIPT = 'scratch.sh';

const FILES = { name: 'old-files', mountPath: '/old', readOnly: true };
const SCRATCH = { name: 'scratch', mountPath: '/scratch' };
const SCRIPT = { name: 'scratch-script', mountPath: '/etc/scratch', readOnly: true };

/** The name of the volume with the old files. */
export const OLD_FILES = FILES.name;

const MAX_CONCURRENCY = 16;

/** What the plan has for an import: the rings of the old pools, and where the files of each shard may be. */
export function importPlan(
  scope: Construct,
  { directories }: BackupImport,
  pools: readonly NutcrackerPool[] | undefined,
  ring: string,
): Pick<BackupPlan, 'pools'> & { readonly parts: Pick<BackedUpShard, 'servers' | 'directories'>[] } {
  if (pools === undefined) {
    refuse(scope, 'importFrom is set, but not importPools; set them to the pools of the old nutcracker.yml');
  }
  const shards = new FleetShards(pools);
  const ordinals = shards.place(pools);
  if (ringFingerprint(pools.map((pool, i) => ({ pool, ordinals: ordinals[i] }))) !== ring) {
    refuse(
      scope,
      'importFrom is set, but the proxies have another ring than the old ones, and would look for keys on other shards; remove newPool, import, and change the ring afterwards',
    );
  }
  checkDirectories(scope, directories, shards.lines.length);
  const byName = importDirectories(shards);
  return {
    pools: pools.map(plannedPool),
    parts: shards.lines.map((lines, shard) => ({
      servers: lines.map(({ pool, server: { ringName, weight } }) => ({ pool: pool.name, ringName, weight })),
      directories: directories === undefined ? byName[shard] : [directories[shard]],
    })),
  };
}

function checkDirectories(scope: Construct, directories: readonly string[] | undefined, shards: number): void {
  if (directories === undefined) return;
  if (directories.length !== shards) {
    refuse(
      scope,
      `importFrom.directories has ${directories.length} directories, and the fleet ${shards} shards; give one for each, by ordinal`,
    );
  }
  for (const [i, directory] of directories.entries()) {
    const parts = directory.split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..')) {
      refuse(
        scope,
        `importFrom.directories[${i}] is ${JSON.stringify(directory)}; write a path in the volume, such as 'redis-a/6379'`,
      );
    }
    if (directories.indexOf(directory) < i) {
      refuse(scope, `importFrom.directories has ${JSON.stringify(directory)} twice; each shard has its own`);
    }
  }
}

/** Adds the servers to what the container of the program has. */
export function withImport(
  scope: Construct,
  extras: Extras,
  options: BackupOptions,
  importFrom: BackupImport,
  files: k8s.Volume,
  scriptConfigMap: string,
): Extras {
  const { concurrency = 1, memory, redisImage: image = DEFAULT_REDIS_IMAGE, appendOnly } = importFrom;
  checkWhole(scope, 'importFrom.concurrency', concurrency, 1, MAX_CONCURRENCY);
  checkImage(scope, 'importFrom.redisImage', image);
  if (memory === undefined) {
    refuse(scope, 'importFrom is set, but not its memory; set it to the memory of the largest shard');
  }
  const servers = Array.from({ length: concurrency }, (_, i): k8s.Container => {
    const slot = `${SCRATCH.mountPath}/${i}`;
    return {
      name: `redis-${i}`,
      image,
      imagePullPolicy: options.imagePullPolicy,
      command: ['sh', '-c', `mkdir -p ${slot} && exec sh ${SCRIPT.mountPath}/${SCRATCH_SCRIPT} ${slot}`],
      securityContext: RESTRICTED,
      resources: resources(memory, Cpu.millis(250)),
      volumeMounts: [FILES, SCRATCH, SCRIPT],
    };
  });
  return {
    args: [
      ...(extras.args ?? []),
      ...['--files', FILES.mountPath, '--scratch', SCRATCH.mountPath, '--concurrency', String(concurrency)],
      ...(appendOnly === undefined ? [] : ['--append-only', appendOnly ? 'yes' : 'no']),
    ],
    env: [...extras.env, ...importEnv(options)],
    volumes: [
      ...(extras.volumes ?? []),
      files,
      { name: SCRATCH.name, emptyDir: {} },
      { name: SCRIPT.name, configMap: { name: scriptConfigMap } },
    ],
    volumeMounts: [...(extras.volumeMounts ?? []), FILES, SCRATCH],
    containers: servers,
  };
}

/** A person may look at the files first. */
function importEnv({ stepArguments = {} }: BackupOptions): k8s.EnvVar[] {
  const given = stepArguments[IMPORT_STEP.name] ?? [];
  return given.includes('--check') ? [] : [{ name: 'BACKUP_CHECK', value: 'no' }];
}
