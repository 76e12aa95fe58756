// The way forward while a fleet moves: steps 1 to 8.

import { apply, follow, GONE, kubectl, logs, runAgain, shell, stopping, suspend } from './commands';
import { type RunbookFacts } from './facts';

/** The sections. */
export function moving(facts: RunbookFacts): string[] {
  return [...introduction(facts), ...putUp(facts), ...copy(facts), ...cutOver(facts), ...leaveMoving(facts)];
}

function introduction(facts: RunbookFacts): string[] {
  return [
    `# Moving ${facts.fleet}`,
    `${facts.shards} shards, from the old servers to \`${facts.statefulSet}\`. Written by \`npm run synth\` together with the files beside it; run the
commands in this folder, step after step. Until step 7 nothing is taken away from the old fleet, and up to the last step there is a way back.
Whatever else it refers to (\`docs/…\`) is in the repository of cdk8s-twemproxy.`,
    'To see where every shard stands, at any time from step 2 on:',
    shell(runAgain(facts.files['55-status']), logs(facts, 'status')),
    `| state | what serves |
| --- | --- |
| \`waiting\` | the old server; the new one is empty, or detached |
| \`syncing\`, \`in sync\` | the old server; the new one copies it |
| \`fenced\` | nobody: a cutover was interrupted. Start it again |
| \`moved\`, \`following\` | the new server; the old one refuses everything, or follows the new one |
| \`returning\` | nobody: a rollback was interrupted. Start it again |
| \`two masters\` | both say they are masters: do not run anything before you know why; see docs/faults.md, "Two masters" |
| \`old unreachable\` | nobody: bring the old server back. Gone for good: ${GONE} |
| \`new unreachable\` | the old server, unless the shard had moved: then nobody. Bring the new one back. Gone for good: ${GONE} |
| \`foreign\` | somebody else gave a server a role: \`status\` says who follows whom, who serves, and the ways out; see docs/faults.md, "Somebody else's failover" |`,
  ];
}

function putUp(facts: RunbookFacts): string[] {
  const { files, secret } = facts;
  const k = kubectl(facts);
  const applied = ['00-namespace', '10-network-policies', '20-storage', '30-redis'].filter((step) => files[step]);
  const [first, ...rest] = applied;
  const makeSecret = secret
    ? [`${k} create secret generic ${secret.name} --from-file=${secret.key}=PATH-OF-A-FILE-WITH-THE-PASSWORD`]
    : [];
  const before = first === '00-namespace' ? [apply(files[first])] : [];
  return [
    '## 1. Storage and shards',
    ...(secret
      ? [
          `The Secret holds the password of the old servers, without a line break at its end; the shards get the same one (\`printf %s 'the password' > FILE\`).`,
        ]
      : []),
    shell(...before, ...makeSecret, ...(before.length > 0 ? rest : applied).map((step) => apply(files[step]))),
    'Wait for:',
    shell(`${k} rollout status statefulset/${facts.statefulSet}`),
    `Good: all ${facts.shards} pods are ready. They are empty, and every one says \`role:slave\`:`,
    shell(`${k} exec ${facts.statefulSet}-0 -- redis-cli info replication`),
    'Back: `kubectl delete -f` the same files. The old fleet has noticed nothing.',
    '## 2. Proxies and bridge',
    shell(
      ...['40-twemproxy', '45-plan', '46-migrator'].map((step) => apply(files[step])),
      `${k} rollout status deployment/${facts.deployment}`,
    ),
    'Good: the bridge has found a master for every shard, all of them old servers. This prints `ready`:',
    shell(
      `${k} port-forward deployment/${facts.deployment} 8404:${facts.healthPort} & sleep 2; curl -s localhost:8404/ready; kill %1`,
    ),
    'If it does not, `http://localhost:8404/` shows which shard has no server: is its old server reachable from the pods, with this password?',
    '## 3. The applications',
    `Point them at ${proxyAddresses(facts)}, at leisure and in any order: both ways lead to the same servers. Then stop the old proxies. A cutover refuses
every shard whose old server still has other clients than the new proxies, and names their addresses.`,
    'Back: point them at the old proxies again.',
  ];
}

function proxyAddresses({ proxies }: RunbookFacts): string {
  if (proxies.length === 1) return `\`${proxies[0].address}\``;
  return proxies.map(({ pool, address }) => `\`${address}\` (pool ${pool})`).join(', ');
}

function copy(facts: RunbookFacts): string[] {
  const { files } = facts;
  return [
    '## 4. Preflight',
    'Looks at every server, and at samples of their keys. It moves nothing; it has each server write its own configuration file anew (`CONFIG REWRITE`), the only way to know whether a fence would last.',
    shell(apply(files['50-preflight']), follow(facts, 'preflight')),
    `Good: \`nothing stands in the way\`, and you have read the warnings. An error ends the Job with what to mend; run it again then (see Jobs). If an old server cannot
keep its fence over a restart, and that cannot be mended, \`stepArguments\` in main.ts can accept it for both steps that ask: \`{ preflight: ['--accept-volatile-fence'],
cutover: ['--accept-volatile-fence'] }\`. Such a server must not be started again once its shard has moved.`,
    '## 5. Sync',
    'Has every new shard follow its old server, a few at a time. Each old server forks once, to write a snapshot.',
    shell(apply(files['60-sync']), follow(facts, 'sync')),
    `Good: \`${facts.shards} of ${facts.shards} shards are in sync, or have moved\`. They stay so for as long as you like.`,
    ...stopping(
      facts,
      'sync',
      'What follows its old server goes on doing so; started again, it goes on where it stopped.',
    ),
    '## 6. Verify',
    'Compares old and new under replication; samples, unless `stepArguments` in main.ts says `--full`.',
    shell(apply(files['70-verify']), follow(facts, 'verify')),
    'Good: no shard differs.',
    ...stopping(facts, 'verify', 'It only reads.'),
  ];
}

function cutOver(facts: RunbookFacts): string[] {
  const { files } = facts;
  return [
    '## 7. Cutover',
    `**From here on, new data is on the new side.** The Job comes suspended; starting it is your decision. Applying the file again suspends it again, so leave
it out of whatever applies files by itself.`,
    shell(apply(files['80-cutover']), suspend(facts, 'cutover', false), follow(facts, 'cutover')),
    `Good: \`${facts.shards} of ${facts.shards} shards are on their new servers\`. Each shard is out for a fraction of a second; its clients see an error or two, the others nothing.
To begin with one shard, let \`stepArguments\` in main.ts say \`{ cutover: ['--shards', '0'] }\` or \`['--canary']\`, synthesize, and apply the file again: the Job then
has another name.`,
    ...stopping(
      facts,
      'cutover',
      'A shard in its hands is finished or released first; the others stay where they are.',
    ),
    `**If it ends \`Failed\`**, its log names every shard that was left, and why. A shard that is left is served by its old server, unless its state
says otherwise; those that moved stay where they are, and the next run passes them by. With exit code 3 that is for you to decide, and one shard is enough:`,
    `- *Strangers*: clients of an old server that are none of the proxies. Point them at the new proxies; or, if they are the proxies, name their network in \`proxyNetworks\`,
  synthesize, and apply \`${files['45-plan']}\`; or, if you know them and they may be locked out, \`stepArguments: { cutover: ['--allow-strangers'] }\`.
- *A fence that a restart would lift*: as in step 4.
- *Two masters*: see the table above.`,
    'Then start it again:',
    shell(runAgain(files['80-cutover']), suspend(facts, 'cutover', false), follow(facts, 'cutover')),
  ];
}

function leaveMoving(facts: RunbookFacts): string[] {
  return [
    '## 8. Without the bridge',
    `When \`status\` says that every shard is \`${facts.keepLegacyInSync ? 'following' : 'moved'}\`, and you do not expect to go back: set \`phase: MigrationPhase.MOVED\` in main.ts, \`npm run synth\`, and
go on with this runbook as it is written then. Look at \`status\` right before: there is no Job for it afterwards.`,
  ];
}
