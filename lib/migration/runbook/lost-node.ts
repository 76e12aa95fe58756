// What to do when a node is lost, and how long planned restarts take: during a migration, and afterwards.

import { linkTo } from '../../common/documents';
import { kubectl, numbered, shell } from './commands';
import { type RunbookInput } from './runbook-input';

/** Measured for a shard with little data, with its stop and its probes. Loading the data comes on top. */
const RESTART_SECONDS = 8;

export function lostNode(input: RunbookInput): string[] {
  const k = kubectl(input);
  const { shards, statefulSet } = input;
  const minutes = Math.max(1, Math.ceil((shards * RESTART_SECONDS) / 60));
  return [
    '## If a node is lost or must be drained',
    `**A StatefulSet does not replace the pods of a lost node.** They stay \`Terminating\`, and their shards are unavailable, until the node is back, removed, or tainted as out of service.`,
    ...numbered(
      [
        '**Switch the node off.** Kubernetes cannot know that it is really off. While it may still run, its pods may still write.',
      ],
      [
        'Taint the node (`NODE` is its name), and wait for the rollout:',
        shell(
          `${k} get pods -o wide --field-selector spec.nodeName=NODE`,
          'kubectl taint nodes NODE node.kubernetes.io/out-of-service=nodeshutdown:NoExecute',
          `${k} rollout status statefulset/${statefulSet}`,
        ),
      ],
      [
        `Wait for the lock. Each shard starts elsewhere when the storage has released the lock of the lost node, with NFS within 90 seconds. Until then its log prints \`another server is using the data directory\`. Delete a pod in
\`CrashLoopBackOff\` to skip its back-off.`,
      ],
      ['When the node is back, remove the taint: the same command with `-` after `NoExecute`.'],
    ),
    `${linkTo('A lost node', 'docs/faults.md#a-lost-node')} explains what the lock protects against, and what it does not.`,
    `A drain or a rollout restarts one shard after the other. Each takes some ${RESTART_SECONDS} seconds and the time to load its data: ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} or more for all ${shards}. ${linkTo('A drain, and a rollout', 'docs/operations.md#a-drain-and-a-rollout')} explains how to make
it shorter.`,
  ];
}
