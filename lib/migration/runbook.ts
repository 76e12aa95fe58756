// RUNBOOK.md of a fleet that moves: what to apply in which order, what good looks like, how to stop, how to go back. It is
// written from the same data as the manifests, so every name in it is the name of an object.

import { MigrationPhase } from './migration-options';

/** What the runbook tells of. */
export interface RunbookFacts {
  readonly fleet: string;
  readonly phase: MigrationPhase;
  readonly namespace?: string;
  readonly secret?: { readonly name: string; readonly key: string };
  readonly shards: number;
  readonly statefulSet: string;
  readonly deployment: string;
  /** Where the bridge tells how it is. */
  readonly healthPort?: number;
  /** `host:port` of the proxies, for the applications. */
  readonly proxies: string;
  /** The files that were written, by step: `30-redis`. */
  readonly files: Readonly<Record<string, string>>;
  /** The Jobs by step; none once the fleet has moved. */
  readonly jobs: Readonly<Record<string, string>>;
  /** The name of the move, which all its objects carry as a label. */
  readonly move: string;
  readonly keepLegacyInSync: boolean;
}

/** The text. */
export function runbook(facts: RunbookFacts): string {
  const parts = facts.phase === MigrationPhase.MOVING ? moving(facts) : moved(facts);
  return `${parts.join('\n\n')}\n`;
}

function moving(facts: RunbookFacts): string[] {
  return [
    ...introduction(facts),
    ...putUp(facts),
    ...copy(facts),
    ...cutOver(facts),
    ...leaveMoving(facts),
    ...goBack(facts),
    ...jobs(facts),
  ];
}

function introduction(facts: RunbookFacts): string[] {
  return [
    `# Moving ${facts.fleet}`,
    `${facts.shards} shards, from the old servers to \`${facts.statefulSet}\`. Written by \`npm run synth\` together with the files beside it; run the
commands in this folder, step after step. Until step 7 nothing is taken away from the old fleet, and up to the last step there is a way back.`,
    `To see where every shard stands, at any time from step 2 on:`,
    shell(
      `kubectl replace --force -f ${facts.files['55-status']}`,
      `${kubectl(facts)} logs -f --pod-running-timeout=5m ${jobOf(facts, 'status')}`,
    ),
    `| state | what serves |
| --- | --- |
| \`waiting\` | the old server; the new one is empty and follows nobody |
| \`syncing\`, \`in sync\` | the old server; the new one copies it |
| \`fenced\` | nobody: a cutover was interrupted. Start it again |
| \`moved\`, \`following\` | the new server; the old one refuses everything, or follows the new one |
| \`returning\` | nobody: a rollback was interrupted. Start it again |`,
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
    `Point them at \`${facts.proxies}\`, at leisure and in any order: both ways lead to the same servers. Then stop the old proxies. A cutover refuses
every shard whose old server still has other clients than the new proxies, and names their addresses.`,
    'Back: point them at the old proxies again.',
  ];
}

function copy(facts: RunbookFacts): string[] {
  const { files } = facts;
  return [
    '## 4. Preflight',
    'Looks at every server, and at samples of their keys. It moves nothing; it has each server write its own configuration file anew (`CONFIG REWRITE`), the only way to know whether a fence would last.',
    shell(apply(files['50-preflight']), follow(facts, 'preflight')),
    'Good: `nothing stands in the way`, and you have read the warnings. An error ends the Job with what to mend; run it again then (see Jobs).',
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
    `Good: \`${facts.shards} of ${facts.shards} shards are on their new servers\`. Each shard is out for a fraction of a second; its clients see an error or two, the others nothing. What could
not be moved is named with its reason, and stays with its old server. To begin with one shard, let \`stepArguments\` in main.ts say \`{ cutover: ['--shards', '0'] }\`
or \`['--canary']\`, and synthesize again: the Job then has another name.`,
    ...stopping(
      facts,
      'cutover',
      'A shard in its hands is finished or released first; the others stay where they are.',
    ),
  ];
}

function leaveMoving(facts: RunbookFacts): string[] {
  return [
    '## 8. Without the bridge',
    `When \`status\` says that every shard is \`${facts.keepLegacyInSync ? 'following' : 'moved'}\`, and you do not expect to go back: set \`phase: MigrationPhase.MOVED\` in main.ts, \`npm run synth\`, and
go on with this runbook as it is written then.`,
  ];
}

function goBack(facts: RunbookFacts): string[] {
  const after = facts.keepLegacyInSync
    ? 'nothing is lost: the old servers followed the new ones.'
    : `it refuses, since the old servers know nothing of what was written since. \`stepArguments: { rollback: ['--accept-loss'] }\` in main.ts has it go back all the same, and say how many keys are lost (\`npm run synth\`, and apply the file anew).`;
  return [
    '## Going back',
    'Before step 5 there is nothing to take back but the applications (step 3). After that:',
    shell(apply(facts.files['90-rollback']), suspend(facts, 'rollback', false), follow(facts, 'rollback')),
    `- **Before the cutover** of a shard: the new server is detached, the old one is as it was. Nothing is lost.
- **After it:** ${after}
- Only some shards: \`stepArguments: { rollback: ['--shards', '3,7'] }\`.`,
    'Good: every shard is `waiting` again. Sync (step 5) starts over from there.',
  ];
}

function jobs(facts: RunbookFacts): string[] {
  return [
    '## Jobs',
    `A Job cannot be changed, so its name ends in a hash of its content. To run one again: \`kubectl replace --force -f FILE\` (and start it, where it comes suspended).
A Job that ends with code 2 or 3 has something for you to decide, which its log says; with any other, Kubernetes runs sync, cutover and rollback again by itself. Every
command can be killed at any moment and run again.`,
    shell(
      `${kubectl(facts)} get jobs,pods -l app.kubernetes.io/instance=${facts.move}`,
      `${kubectl(facts)} get pods -l app.kubernetes.io/instance=${facts.move} -o custom-columns='POD:.metadata.name,EXIT:.status.containerStatuses[0].state.terminated.exitCode'`,
    ),
  ];
}

function moved(facts: RunbookFacts): string[] {
  const { files } = facts;
  const k = kubectl(facts);
  return [
    `# ${facts.fleet} has moved`,
    `This is the end of the move: the proxies talk to \`${facts.statefulSet}\` directly. **Only if every shard is \`moved\` or \`following\`**: a shard that is not would be out of
reach from here on. Every pod says \`role:master\`; this prints \`${facts.shards}\`:`,
    shell(
      `for n in $(seq 0 ${facts.shards - 1}); do ${k} exec ${facts.statefulSet}-$n -c redis -- redis-cli info replication; done | grep -c role:master`,
    ),
    '## 8. Proxies without the bridge',
    shell(
      apply(files['40-twemproxy']),
      `${k} rollout status deployment/${facts.deployment}`,
      apply(files['10-network-policies']),
    ),
    `Good: the rollout is through, and the applications work; each of their connections was closed once.

Back: set \`phase: MigrationPhase.MOVING\` in main.ts, \`npm run synth\`, and apply \`${files['10-network-policies']}\` and \`${files['40-twemproxy']}\`: the bridge leads to the same servers.
From there the rollback of the other runbook is open again.`,
    '## 9. The end',
    'Remove the Jobs and what they needed:',
    shell(`${k} delete jobs,configmaps -l app.kubernetes.io/instance=${facts.move}`),
    `The old servers refuse every command but those of an operator, also after a restart if their configuration could be written (preflight warned if not). Shut them down when you no
longer want to go back, and keep their data for as long as you keep backups.

Leave \`migration\` in main.ts until then: it keeps the shards from ever starting as an empty master. Removing it restarts every shard, one after the other.`,
  ];
}

function stopping(facts: RunbookFacts, step: string, effect: string): string[] {
  return [`Stop, and go on:`, shell(suspend(facts, step, true), suspend(facts, step, false)), effect];
}

function kubectl({ namespace }: RunbookFacts): string {
  return namespace === undefined ? 'kubectl' : `kubectl -n ${namespace}`;
}

function apply(file: string): string {
  return `kubectl apply -f ${file}`;
}

function jobOf({ jobs }: RunbookFacts, step: string): string {
  return `job/${jobs[step]}`;
}

/** The log to its end, and how the Job ended. */
function follow(facts: RunbookFacts, step: string): string {
  const job = jobOf(facts, step);
  const k = kubectl(facts);
  return [
    `${k} logs -f --pod-running-timeout=5m ${job}`,
    `${k} get ${job} -o jsonpath='{.status.conditions[*].type}{"\\n"}'   # Complete, or Failed`,
  ].join('\n');
}

function suspend(facts: RunbookFacts, step: string, value: boolean): string {
  return `${kubectl(facts)} patch ${jobOf(facts, step)} --type=merge -p '{"spec":{"suspend":${value}}}'`;
}

function shell(...lines: string[]): string {
  return ['```sh', ...lines, '```'].join('\n');
}
