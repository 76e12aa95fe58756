// The way forward while a fleet moves: steps 1 to 6.

import { linkTo } from '../../common/documents';
import { apply, follow, GONE, kubectl, ofMove, removeJobs, runAgain, shell, stopping } from './commands';
import { cutOver, leaveMoving } from './cutover';
import { type RunbookInput } from './runbook-input';
import { summary } from './summary';
import { lookTime, syncTime, verifyTime } from './times';

/** The sections. */
export function moving(input: RunbookInput): string[] {
  return [...introduction(input), ...putUp(input), ...copy(input), ...cutOver(input), ...leaveMoving(input)];
}

function introduction(input: RunbookInput): string[] {
  return [
    `# Moving ${input.fleet}`,
    `${input.shards} shards, from the old servers to \`${input.statefulSet}\`. Written by \`npm run synth\` together with the files beside it; run the
commands in this directory, step after step. Until step 7 nothing is taken away from the old fleet, and rollback is possible up to the last step.
The documents that it links to are also in the package, in \`node_modules/cdk8s-twemproxy/docs/\`.`,
    'To see where every shard stands, at any time from step 2 on:',
    shell(runAgain(input.files['55-status']), follow(input, 'status')),
    `| state | what serves |
| --- | --- |
| \`waiting\` | the old server; the new one is empty, or detached |
| \`syncing\`, \`in sync\` | the old server; the new one copies it |
| \`fenced\` | nobody: a cutover was interrupted. Start it again |
| \`moved\`, \`following\` | the new server; the old one refuses everything, or follows the new one |
| \`returning\` | nobody: a rollback was interrupted. Start it again |
| \`split brain\` | both say they are masters: do not run anything before you know why; see ${linkTo('Split brain', 'docs/faults.md#split-brain')} |
| \`old unreachable\` | nobody: bring the old server back. Gone for good: ${GONE} |
| \`new unreachable\` | the old server, unless the shard had moved: then nobody. Bring the new one back. Gone for good: ${GONE} |
| \`foreign\` | somebody else gave a server a role: \`status\` says who follows whom, who serves, and the ways out; see ${linkTo("Somebody else's failover", 'docs/faults.md#somebody-elses-failover')} |`,
    ...summary(input),
    '## When main.ts changes on the way',
    `The names of the Jobs change with the plan and their options, so those of before stay in the cluster. Remove them first, and apply what they work by:`,
    shell(
      removeJobs(input),
      ...['45-plan', '46-migrator'].flatMap((step) => (input.files[step] ? [apply(input.files[step])] : [])),
    ),
    `Then go on with the step, by this runbook as it is written then. A Job of before that is left all the same does nothing any more: it ends with \`this is the Job …, and the
plan that is applied names …\`.`,
  ];
}

function putUp(input: RunbookInput): string[] {
  const { files, secret, oldUser, renamedCommands } = input;
  const k = kubectl(input);
  const applied = ['00-namespace', '10-network-policies', '20-storage', '30-redis'].filter((step) => files[step]);
  const [first, ...rest] = applied;
  const makeSecret = secret
    ? [`${k} create secret generic ${secret.name} --from-file=${secret.key}=PATH-OF-A-FILE-WITH-THE-PASSWORD`]
    : [];
  const makeOldUser =
    oldUser && oldUser.name !== secret?.name
      ? [
          `${k} create secret generic ${oldUser.name} --from-file=${oldUser.key}=PATH-OF-A-FILE-WITH-THE-PASSWORD-OF-THE-USER`,
        ]
      : [];
  const makeRenamed = renamedCommands
    ? [
        `${k} create secret generic ${renamedCommands.name} --from-file=${renamedCommands.key}=PATH-OF-A-FILE-WITH-THE-RENAME-COMMAND-LINES`,
      ]
    : [];
  const before = first === '00-namespace' ? [apply(files[first])] : [];
  return [
    '## 1. Storage and shards',
    ...(secret
      ? [
          `The Secret holds the password of the old servers, without a line break at its end; the shards get the same one (\`printf %s 'the password' > FILE\`).`,
        ]
      : []),
    ...(oldUser
      ? [
          `The key \`${oldUser.key}\` of the Secret \`${oldUser.name}\` holds the password of \`${oldUser.user}\`, as which the old servers are logged in to, in the same way. Leave it there until
the migration is taken out of \`main.ts\`: the shards read it whenever they start.`,
        ]
      : []),
    ...(renamedCommands
      ? [
          `The Secret \`${renamedCommands.name}\` holds the \`rename-command\` lines of the old servers, as they stand in their redis.conf
(\`grep -ih '^ *rename-command' redis.conf > FILE\`); the Jobs read it, the shards have their own names for what they need.`,
        ]
      : []),
    shell(
      ...before,
      ...makeSecret,
      ...makeOldUser,
      ...makeRenamed,
      ...(before.length > 0 ? rest : applied).map((step) => apply(files[step])),
    ),
    'Wait for:',
    shell(`${k} rollout status statefulset/${input.statefulSet}`),
    `It takes one to three minutes where the nodes have room and the image; twelve were seen where 108 shards shared two processors. Good: all ${input.shards} pods are ready. They are empty, and every one says \`role:slave\`:`,
    shell(`${k} exec ${input.statefulSet}-0 -- redis-cli info replication`),
    ...backFromShards(input, applied),
    '## 2. Proxies and bridge',
    shell(
      ...['40-twemproxy', '45-plan', '46-migrator'].flatMap((step) => (files[step] ? [apply(files[step])] : [])),
      `${k} rollout status deployment/${input.deployment}`,
    ),
    'It takes half a minute to two minutes. Good: the bridge has found a master for every shard, all of them old servers. This prints `ready`:',
    shell(
      `${k} port-forward deployment/${input.deployment} 8404:${input.healthPort} & sleep 2; curl -s localhost:8404/ready; kill %1`,
    ),
    'If it does not, `http://localhost:8404/` shows which shard has no server: is its old server reachable from the pods, with this password?',
    ...checksum(input),
    '## 3. The applications',
    `Point them at ${proxyAddresses(input)}, whenever you like and in any order: both routes reach the same servers. Then stop the old proxies. A cutover refuses
every shard whose old server still has other clients than the new proxies, and names their addresses.`,
    'Back: point them at the old proxies again.',
  ];
}

function proxyAddresses({ proxies }: RunbookInput): string {
  if (proxies.length === 1) return `\`${proxies[0].address}\``;
  return proxies.map(({ pool, address }) => `\`${address}\` (pool ${pool})`).join(', ');
}

function copy(input: RunbookInput): string[] {
  const { files } = input;
  return [
    '## 4. Preflight',
    `Looks at every server, and at samples of their keys; it takes ${lookTime(input)}. It moves nothing; it has each server rewrite its own configuration file (\`CONFIG REWRITE\`), the only way to know whether a fence would last.`,
    shell(apply(files['50-preflight']), follow(input, 'preflight')),
    `Good: \`nothing stands in the way\`, and you have read the warnings. An error ends the Job with what to fix; run it again then (see Jobs). If an old server cannot
keep its fence over a restart, and that cannot be fixed, \`stepArguments\` in main.ts can accept it for both steps that ask: \`{ preflight: ['--accept-volatile-fence'],
cutover: ['--accept-volatile-fence'] }\`. Such a server must not be started again once its shard has moved.`,
    '## 5. Sync',
    `Has every new shard follow its old server, a few at a time. Each old server forks once, to write a snapshot. It takes ${syncTime(input)}.`,
    shell(apply(files['60-sync']), follow(input, 'sync')),
    `Meanwhile, from outside: the latency of the application, and memory, disk and network of the old hosts (a fork can double what a busy server needs). No-go: an old host
that swaps, or clients that time out: stop, and go on at a quieter hour, or with a smaller \`syncConcurrency\`.`,
    `Good: \`${input.shards} of ${input.shards} shards are in sync, or have moved\`. They stay so for as long as you like.`,
    ...stopping(
      input,
      'sync',
      'What follows its old server goes on doing so; started again, it goes on where it stopped.',
    ),
    '## 6. Verify',
    `Compares old and new under replication; samples, unless \`stepArguments\` in main.ts says \`--full\`. It takes ${verifyTime(input)}; \`--full\` reads 2000 keys of a shard in a second.`,
    shell(apply(files['70-verify']), follow(input, 'verify')),
    'Go: no shard differs. No-go: any difference. Somebody writes to a new shard, or past the replication; find out who before you go on.',
    ...stopping(input, 'verify', 'It only reads.'),
  ];
}

/** What is taken away again, and what stays. */
function backFromShards(input: RunbookInput, applied: readonly string[]): string[] {
  const k = kubectl(input);
  const { files, secret, namespace, needs } = input;
  const own = applied.filter((step) => step !== '00-namespace').reverse();
  const released = needs.volumes.map(
    (volume) => `kubectl patch pv ${volume} --type=json -p '[{"op":"remove","path":"/spec/claimRef/uid"}]'`,
  );
  return [
    'Back (the old fleet has noticed nothing):',
    shell(
      ...own.map((step) => `kubectl delete -f ${files[step]}`),
      ...(secret ? [`${k} delete secret ${secret.name}`] : []),
      ...(namespace !== undefined && files['00-namespace']
        ? [`${k} get all,secrets,configmaps,pvc   # nothing of others? Then: kubectl delete namespace ${namespace}`]
        : []),
    ),
    `What the shards have written stays on the storage: claims of a StatefulSet are kept, and so are the directories of an export, with the role of each shard in its \`redis.conf\`. To
start from nothing, remove them as well.${released.length > 0 ? ` A volume whose claim was deleted is \`Released\`, and takes no other: either delete it with its file as above, or free it:` : ' A volume whose claim was deleted is `Released`, and takes no other claim.'}`,
    ...(released.length > 0 ? [shell(...released)] : []),
  ];
}

function checksum(input: RunbookInput): string[] {
  const { migrator } = input;
  if (migrator === undefined) return [];
  return [
    'The program that the Jobs will run is the one that this runbook was written with, if this prints',
    `\`${migrator.sha256}\`:`,
    shell(
      `${kubectl(input)} get configmap ${migrator.configMap} -o jsonpath='{.data.migrator\\.mjs}' | sha256sum`,
      `${kubectl(input)} get jobs,configmaps -l ${ofMove(input)}`,
    ),
  ];
}
