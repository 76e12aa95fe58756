// What to do when a node is lost, and how long planned restarts take: while a fleet moves, and afterwards.

import { linkTo } from '../../common/documents';
import { kubectl, shell } from './commands';
import { type RunbookInput } from './runbook-input';

/** What was seen for a shard that holds little, with the stop and the probes: its data has to be loaded besides. */
const RESTART_SECONDS = 8;

/** The section. */
export function lostNode(input: RunbookInput): string[] {
  const k = kubectl(input);
  const { shards, statefulSet } = input;
  const minutes = Math.max(1, Math.ceil((shards * RESTART_SECONDS) / 60));
  return [
    '## A node is lost, or has to go',
    `**A StatefulSet does not replace the pods of a lost node**: they stay \`Terminating\`, and what they serve is unavailable, until the node is back, removed, or tainted as out of service. Only you can
know that it is really off. While it may still run, its pods may still write: **switch it off first**. Then (\`NODE\` is its name):`,
    shell(
      `${k} get pods -o wide --field-selector spec.nodeName=NODE`,
      'kubectl taint nodes NODE node.kubernetes.io/out-of-service=nodeshutdown:NoExecute',
      `${k} rollout status statefulset/${statefulSet}`,
    ),
    `Each shard comes up elsewhere when the storage has released the lock of the lost one, with NFS within 90 seconds; until then its log says \`another server is using the data directory\`. A pod in
\`CrashLoopBackOff\` need not wait for its back-off: delete it. Remove the taint when the node is back: the same command with \`-\` behind \`NoExecute\`. ${linkTo('A lost node', 'docs/faults.md#a-lost-node')} has what the lock protects from and what not.`,
    `A drain and a rollout take one shard after the other, some ${RESTART_SECONDS} seconds each and the time to load its data: ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} or more for all ${shards}. ${linkTo('A drain, and a rollout', 'docs/operations.md#a-drain-and-a-rollout')} has how to make
it shorter.`,
  ];
}
