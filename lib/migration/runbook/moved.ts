// What is left to do when every shard has moved.

import { apply, kubectl, ofMove, shell } from './commands';
import { type RunbookInput } from './runbook-input';
import { lostNode } from './lost-node';

/** The sections. */
export function moved(input: RunbookInput): string[] {
  return [...introduction(input), ...withoutBridge(input), ...goBack(input), ...end(input), ...lostNode(input)];
}

function introduction(input: RunbookInput): string[] {
  const { shards, statefulSet } = input;
  const role = `${kubectl(input)} exec ${statefulSet}-$n -c redis -- redis-cli info replication`;
  return [
    `# ${input.fleet} has moved`,
    `This is the end of the move: the proxies talk to \`${statefulSet}\` directly. **Only if \`status\`, run in the phase MOVING, says that every shard is \`moved\` or
\`following\`**: a shard that is not would be out of reach from here on. Every pod says \`role:master\`; this prints \`${shards}\`:`,
    shell(`for n in $(seq 0 ${shards - 1}); do ${role}; done | grep -c role:master`),
  ];
}

function withoutBridge(input: RunbookInput): string[] {
  const { files, deployment } = input;
  return [
    '## 8. Proxies without the bridge',
    shell(apply(files['40-twemproxy']), `${kubectl(input)} rollout status deployment/${deployment}`),
    `Good: the rollout is through, and the applications work; each of their connections was closed once. A new proxy comes before an old one goes, and starts only when no
shard is a replica: if the rollout stands still, the old ones serve on, through the bridge. A new pod that stays \`Init:1/2\` names the shards for which it waits in
\`kubectl logs POD -c await-masters\`:`,
    shell(`${kubectl(input)} get pods -l app.kubernetes.io/name=twemproxy,app.kubernetes.io/instance=${deployment}`),
    `A shard that is named as a replica was not cut over: go back to the phase MOVING as below, and finish the cutover. Nothing is lost by having tried. One that does not answer
is waited for a minute.`,
    `Once the rollout is through, since no Job has to reach the shards any more:`,
    shell(apply(files['10-network-policies'])),
  ];
}

function goBack(input: RunbookInput): string[] {
  const { files, deployment } = input;
  const loss = input.keepLegacyInSync
    ? 'As long as the old servers run and follow, nothing is lost.'
    : `**The old servers have the data of their cutover, and it grows older with every write since**: the rollback needs \`--accept-loss\`, and counts what is lost.`;
  return [
    '### Going back from here',
    `As long as the old servers are there: set \`phase: MigrationPhase.MOVING\` in main.ts, \`npm run synth\`, and bring the bridge back. It routes to the same servers:`,
    shell(
      apply(files['10-network-policies']),
      apply(files['40-twemproxy']),
      `${kubectl(input)} rollout status deployment/${deployment}`,
    ),
    `The runbook is then that of the move again. If only the bridge was wanted, this is all. To go back to the old servers, apply its \`45-plan\` and \`46-migrator\`, in case step 9
has removed them, and follow its section "Going back". ${loss}`,
  ];
}

function end(input: RunbookInput): string[] {
  const old = input.keepLegacyInSync
    ? `The old servers follow the new ones, and let nobody read. Shut them down when you no longer want to go back, take their networks out of \`redisClients\`, and keep`
    : `The old servers refuse every command but those of an operator, also after a restart if their configuration could be written (preflight said so if not: do not start those
again). Shut them down when you no longer want to go back, and keep`;
  return [
    '## 9. The end',
    'Remove the Jobs, the plan and the migrator; a Job that somebody starts later would still know both sides:',
    shell(`${kubectl(input)} delete jobs,configmaps,networkpolicies -l ${ofMove(input)}`),
    `${old} their data for as long as you keep backups.`,
    `Leave \`migration\` in main.ts until then: it keeps the shards from ever starting as an empty master. Removing it restarts every shard, one after the other.`,
  ];
}
