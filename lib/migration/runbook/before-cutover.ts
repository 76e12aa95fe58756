// Steps 1 to 6 of a migration: everything before the first shard is cut over.

import { linkTo } from '../../common/documents';
import { apply, follow, GONE, kubectl, numbered, ofMove, removeJobs, runAgain, shell, stopping } from './commands';
import { cutOver, leaveMoving } from './cutover';
import { type RunbookInput } from './runbook-input';
import { requirements } from './requirements';
import { lookTime, syncTime, verifyTime } from './times';

export function moving(input: RunbookInput): string[] {
  return [
    ...introduction(input),
    ...shardsStep(input),
    ...proxiesStep(input),
    ...applicationsStep(input),
    ...preflightStep(input),
    ...syncStep(input),
    ...verifyStep(input),
    ...cutOver(input),
    ...leaveMoving(input),
  ];
}

function introduction(input: RunbookInput): string[] {
  return [
    `# Runbook: migrate ${input.fleet}`,
    `This runbook moves ${input.shards} shards from the old servers to \`${input.statefulSet}\`. \`npm run synth\` wrote it together with the manifests beside it.`,
    `- Run the commands in this directory, one step after the other.
- Continue with the next step only if everything after **Go** holds. On a **No-go**, stop and do what it says.
- Nothing is taken away from the old fleet before step 7. Rollback is possible up to the last step.
- The linked documents are also in the package, in \`node_modules/cdk8s-twemproxy/docs/\`.`,
    '## Check the state of the shards',
    'At any time from step 2 on, run the Job `status`. It prints one line for each shard:',
    shell(runAgain(input.files['55-status']), follow(input, 'status')),
    `| state | served by | what it means, and what to do |
| --- | --- | --- |
| \`waiting\` | old server | The new server is empty or detached. |
| \`syncing\`, \`in sync\` | old server | The new server replicates the old one. |
| \`fenced\` | none | A cutover was interrupted. Run it again. |
| \`moved\`, \`following\` | new server | The old server rejects every command, or follows the new one. |
| \`returning\` | none | A rollback was interrupted. Run it again. |
| \`split brain\` | new server, while it replies | Both servers report that they are masters. Run nothing before you know why: ${linkTo('Split brain', 'docs/faults.md#split-brain')}. |
| \`old unreachable\` | none | Bring the old server back. If it is lost: ${GONE}. |
| \`new unreachable\` | old server; none if the shard had moved | Bring the new server back. If it is lost: ${GONE}. |
| \`foreign\` | see \`status\` | Another program or a person changed the role of a server. \`status\` prints which server follows which, which one serves, and what to run: ${linkTo('Failover by another program', 'docs/faults.md#failover-by-another-program')}. |`,
    ...requirements(input),
    '## If the manifests change during the migration',
    ...numbered(
      [
        `The names of the Jobs depend on the plan and their options, so the previous Jobs stay in the cluster. Delete them, and apply the new plan and migrator:`,
        shell(
          removeJobs(input),
          ...['45-plan', '46-migrator'].flatMap((step) => (input.files[step] ? [apply(input.files[step])] : [])),
        ),
      ],
      [`Continue with the current step in the new version of this runbook.`],
    ),
    `A previous Job that is still there does nothing: it exits with \`this is the Job …, but the applied plan names …\`.`,
  ];
}

function shardsStep(input: RunbookInput): string[] {
  const { files, secret, oldUser, renamedCommands, certificates, source } = input;
  const k = kubectl(input);
  const applied = ['00-namespace', '10-network-policies', '20-storage', '25-sentinel', '30-redis'].filter(
    (step) => files[step],
  );
  const namespaceFile = applied[0] === '00-namespace' ? [apply(files['00-namespace'])] : [];
  const secrets = [
    ...(secret
      ? [`${k} create secret generic ${secret.name} --from-file=${secret.key}=PATH-OF-A-FILE-WITH-THE-PASSWORD`]
      : []),
    ...(oldUser && oldUser.name !== secret?.name
      ? [
          `${k} create secret generic ${oldUser.name} --from-file=${oldUser.key}=PATH-OF-A-FILE-WITH-THE-PASSWORD-OF-THE-USER`,
        ]
      : []),
    ...(renamedCommands
      ? [
          `${k} create secret generic ${renamedCommands.name} --from-file=${renamedCommands.key}=PATH-OF-A-FILE-WITH-THE-RENAME-COMMAND-LINES`,
        ]
      : []),
  ];
  const aboutSecrets = [
    ...(secret
      ? [
          `- \`${secret.name}\` holds the password of the old servers, without a line break at its end (\`printf %s 'the password' > FILE\`). The shards get the same password.`,
        ]
      : []),
    ...(oldUser
      ? [
          `- The key \`${oldUser.key}\` of \`${oldUser.name}\` holds, in the same format, the password of \`${oldUser.user}\`, the user for the old servers. Keep it until the
  migration is removed from \`${source}\`: the shards read it at every start.`,
        ]
      : []),
    ...(renamedCommands
      ? [
          `- \`${renamedCommands.name}\` holds the \`rename-command\` lines of the old servers, as in their redis.conf
  (\`grep -ih '^ *rename-command' redis.conf > FILE\`). The Jobs read it; the shards have their own names for the commands that they need.`,
        ]
      : []),
  ];
  if (certificates.length > 0)
    aboutSecrets.push(
      `- The Secrets with certificates must exist as well: ${certificates.map((it) => `\`${it}\``).join(', ')} (${linkTo('TLS', 'docs/how-to/tls.md')}).`,
    );
  const rest = namespaceFile.length > 0 ? applied.slice(1) : applied;
  return [
    '## 1. Deploy storage and shards',
    ...numbered(
      [
        secrets.length > 0 ? 'Create the Secrets and apply the files:' : 'Apply the files:',
        ...(aboutSecrets.length > 0 ? [aboutSecrets.join('\n')] : []),
        shell(...namespaceFile, ...secrets, ...rest.map((step) => apply(files[step]))),
      ],
      [
        'Wait for the rollout. It takes one to three minutes if the nodes have room and the image; with 108 shards on two processors it took twelve:',
        shell(`${k} rollout status statefulset/${input.statefulSet}`),
      ],
      ['Check the role of a shard:', shell(`${k} exec ${input.statefulSet}-0 -- ${input.redisCli} info replication`)],
    ),
    `**Go**: all ${input.shards} pods are ready. Each is empty and reports \`role:slave\`.`,
    ...(input.replicas
      ? [
          `The second servers (\`${input.replicas.statefulSet}\`) run but are not ready before step 5: each follows the first server of its shard, which has no data yet. The Sentinels
monitor nothing before step 8.`,
        ]
      : []),
    ...removeShards(input, applied),
  ];
}

/** How to remove step 1 again, and what stays on the storage. */
function removeShards(input: RunbookInput, applied: readonly string[]): string[] {
  const k = kubectl(input);
  const { files, secret, namespace, needs } = input;
  const own = applied.filter((step) => step !== '00-namespace').reverse();
  const released = needs.volumes.map(
    (volume) => `kubectl patch pv ${volume} --type=json -p '[{"op":"remove","path":"/spec/claimRef/uid"}]'`,
  );
  return [
    '**Rollback** (without any effect on the old fleet):',
    shell(
      ...own.map((step) => `kubectl delete -f ${files[step]}`),
      ...(secret ? [`${k} delete secret ${secret.name}`] : []),
      ...(namespace !== undefined && files['00-namespace']
        ? [`${k} get all,secrets,configmaps,pvc   # nothing else in it? Then: kubectl delete namespace ${namespace}`]
        : []),
    ),
    `What the shards wrote stays on the storage: claims of a StatefulSet and directories of an export are kept, with the role of each shard in its \`redis.conf\`. Remove
them as well to start from nothing.`,
    released.length > 0
      ? 'A volume whose claim was deleted is `Released`, and cannot be claimed again. Delete it with its file as above, or free it:'
      : 'A volume whose claim was deleted is `Released`, and cannot be claimed again.',
    ...(released.length > 0 ? [shell(...released)] : []),
  ];
}

function proxiesStep(input: RunbookInput): string[] {
  const { files } = input;
  const k = kubectl(input);
  return [
    '## 2. Deploy proxies and bridge',
    ...numbered(
      [
        'Apply the files and wait for the rollout. It takes half a minute to two minutes:',
        shell(
          ...['40-twemproxy', '44-metrics', '45-plan', '46-migrator'].flatMap((step) =>
            files[step] ? [apply(files[step])] : [],
          ),
          `${k} rollout status deployment/${input.deployment}`,
        ),
      ],
      [
        'Query the bridge:',
        shell(
          `${k} port-forward deployment/${input.deployment} 8404:${input.healthPort} & sleep 2; curl -s localhost:8404/ready; kill %1`,
        ),
        '**Go**: it prints `ready`. The bridge has found a master for every shard, all of them old servers.',
        '**No-go**: anything else. `http://localhost:8404/` shows the shards without a server. Check that the pods reach their old servers, and that the password is right.',
      ],
      ...checksum(input),
    ),
  ];
}

function checksum(input: RunbookInput): string[][] {
  const { migrator } = input;
  if (migrator === undefined) return [];
  return [
    [
      'Check the program that the Jobs run:',
      shell(
        `${kubectl(input)} get configmap ${migrator.configMap} -o jsonpath='{.data.migrator\\.mjs}' | sha256sum`,
        `${kubectl(input)} get jobs,configmaps -l ${ofMove(input)}`,
      ),
      `**Go**: it is the one that this runbook was written with, if the first command prints`,
      `\`${migrator.sha256}\``,
    ],
  ];
}

function applicationsStep(input: RunbookInput): string[] {
  return [
    '## 3. Switch the applications',
    ...numbered(
      [
        `Point the applications at ${proxyAddresses(input)}. Take any time and any order: old and new proxies reach the same servers.`,
      ],
      [
        `Stop the old proxies. A cutover skips every shard whose old server has clients other than the new proxies, and prints their addresses.`,
      ],
    ),
    '**Rollback**: point the applications at the old proxies again.',
  ];
}

function proxyAddresses({ proxies }: RunbookInput): string {
  if (proxies.length === 1) return `\`${proxies[0].address}\``;
  return proxies.map(({ pool, address }) => `\`${address}\` (pool ${pool})`).join(', ');
}

function preflightStep(input: RunbookInput): string[] {
  return [
    '## 4. Preflight',
    `Preflight checks every server and samples of its keys. It takes ${lookTime(input)} and moves nothing. It makes each server rewrite its own configuration file (\`CONFIG REWRITE\`): only this shows
whether a fence survives a restart.`,
    shell(apply(input.files['50-preflight']), follow(input, 'preflight')),
    `**Go**: it prints \`nothing prevents the migration\`, and you have read the warnings.`,
    `**No-go**: an error. The Job fails and prints what to fix. Fix it, and run the Job again (see [Jobs](#jobs)).`,
    `If an old server cannot keep its fence over a restart and this cannot be fixed, accept it in \`${input.source}\` for both steps that check it: \`stepArguments: { preflight: ['--accept-volatile-fence'],
cutover: ['--accept-volatile-fence'] }\`. Such a server must never be started again after its shard has moved.`,
  ];
}

function syncStep(input: RunbookInput): string[] {
  return [
    '## 5. Sync',
    `Sync makes every new server a replica of its old server, a few at a time. Each old server forks once, to write a snapshot. It takes ${syncTime(input)}.`,
    ...numbered(
      ['Run the Job:', shell(apply(input.files['60-sync']), follow(input, 'sync'))],
      [
        `Meanwhile, watch the latency of the application, and memory, disk and network of the old hosts. A fork can double the memory of a busy server.`,
      ],
    ),
    `**Go**: it prints \`${input.shards} of ${input.shards} shards are in sync, or have moved\`. The shards stay in sync for as long as you like.`,
    '**No-go**: an old host that swaps, or clients that time out. Stop the Job; resume it at a quieter hour, or use a smaller `syncConcurrency`.',
    ...stopping(
      input,
      'sync',
      'While it is stopped, shards that follow their old server keep following it. Resumed, it continues where it stopped.',
    ),
  ];
}

function verifyStep(input: RunbookInput): string[] {
  return [
    '## 6. Verify',
    `Verify compares old and new servers while replication runs. It reads samples, or every key if \`stepArguments\` in \`${input.source}\` sets \`--full\`. It takes ${verifyTime(input)}; \`--full\` reads 2000 keys of a shard per second.`,
    shell(apply(input.files['70-verify']), follow(input, 'verify')),
    '**Go**: no shard differs.',
    '**No-go**: any difference. A client writes to a new shard directly, or data bypasses the replication. Find the cause before you continue.',
    ...stopping(input, 'verify', 'Verify only reads.'),
  ];
}
