// What remains to be done when every shard has moved.

import { linkTo } from '../../common/documents';
import { apply, follow, kubectl, numbered, ofMove, runAgain, shell, suspend } from './commands';
import { type RunbookInput } from './runbook-input';
import { lostNode } from './lost-node';

export function moved(input: RunbookInput): string[] {
  return [
    ...introduction(input),
    ...(input.replicas ? startFailover(input, input.replicas) : removeBridge(input)),
    ...bringBridgeBack(input),
    ...cleanUp(input),
    ...lostNode(input),
  ];
}

function introduction(input: RunbookInput): string[] {
  const { shards, statefulSet, redisCli } = input;
  const role = `${kubectl(input)} exec ${statefulSet}-$n -c redis -- ${redisCli} info replication`;
  return [
    `# Runbook: finish the migration of ${input.fleet}`,
    input.replicas
      ? `These steps end the migration: afterwards the Sentinels monitor the shards, and the proxies route to either server of a shard.`
      : `These steps end the migration: afterwards the proxies connect to \`${statefulSet}\` ${input.keepsBridge ? 'only' : 'directly'}.`,
    `**Go**: \`status\`, run in the phase MOVING, printed \`moved\` or \`following\` for every shard. Any other shard would be unavailable from here on. Every pod must report \`role:master\`, so this must print \`${shards}\`:`,
    shell(`for n in $(seq 0 ${shards - 1}); do ${role}; done | grep -c role:master`),
  ];
}

function startFailover(
  input: RunbookInput,
  { statefulSet, sentinels }: NonNullable<RunbookInput['replicas']>,
): string[] {
  const { files, deployment } = input;
  const k = kubectl(input);
  return [
    '## 8. Start failover',
    ...numbered(
      [
        'Check that every second server follows its shard:',
        shell(`${k} rollout status statefulset/${statefulSet}`),
        `**No-go**: it does not finish. A second server is ready when it is in sync; its log (\`kubectl logs POD -c redis\`) says what it waits for.`,
      ],
      [
        'Roll out the proxies with the bridge between the two servers of each shard. It routes to a master that its second server follows:',
        shell(
          apply(files['10-network-policies']),
          apply(files['40-twemproxy']),
          `${k} rollout status deployment/${deployment}`,
          ...metrics(input),
        ),
        `**Go**: the rollout has finished and the applications work. Each of their connections was closed once.`,
      ],
      ...(input.keepLegacyInSync
        ? [
            [
              'The old servers follow the shards, and Sentinel sees them as replicas. Set `replica-priority 0` (`slave-priority` before Redis 5) on each of them, and `CONFIG REWRITE`, so that it never promotes one. (Sentinel cannot ask an old server whose password is not that of the fleet, and does not promote it.)',
            ],
          ]
        : []),
      [
        'Let the Sentinels monitor the shards, not earlier: the bridge of the migration does not look for a master on the second servers:',
        shell(apply(files['25-sentinel']), `${k} rollout status statefulset/${sentinels}`),
      ],
      [
        'Wait until every shard has a master that the Sentinels confirm, and a replica that could take over, which takes some twelve seconds:',
        shell(
          ...['42-failover', '43-failover-program', '57-failover-status'].flatMap((step) =>
            files[step] ? [apply(files[step])] : [],
          ),
          follow(input, 'failover-status'),
        ),
        `**No-go**: a shard has problems. The log says which, and what to do. To check again: \`${runAgain(files['57-failover-status'])}\`, and wait as above.`,
      ],
    ),
    `From here on, Sentinel can make a second server the master. ${linkTo('Replicas and failover', 'docs/replicas.md')} explains planned work and what to do when something is lost.`,
  ];
}

/** What Prometheus scrapes depends on the phase. */
function metrics({ files }: RunbookInput): string[] {
  return files['44-metrics'] ? [apply(files['44-metrics'])] : [];
}

function removeBridge(input: RunbookInput): string[] {
  const { files, deployment } = input;
  return [
    '## 8. Remove the bridge',
    ...numbered(
      [
        input.keepsBridge
          ? 'Roll out the proxies with a bridge to the new servers only, which has the TLS that nutcracker lacks. To it, a shard that was not cut over has no server:'
          : 'Roll out the proxies without the bridge:',
        shell(
          apply(files['40-twemproxy']),
          `${kubectl(input)} rollout status deployment/${deployment}`,
          ...metrics(input),
        ),
        `**Go**: the rollout has finished and the applications work. Each of their connections was closed once.`,
        ...(input.keepsBridge ? [] : waitingProxies(input)),
      ],
      [
        'When the rollout has finished, apply the network policies; no Job needs to reach the shards any more:',
        shell(apply(files['10-network-policies'])),
      ],
    ),
  ];
}

/** They ask all shards for their roles before they start; those with a bridge do not. */
function waitingProxies(input: RunbookInput): string[] {
  const { deployment } = input;
  return [
    `**No-go**: the rollout does not finish. A new proxy starts before an old one stops, and only if no shard is a replica; until then the old proxies keep serving, through the bridge. A new pod that
stays \`Init:1/2\` prints the shards that it waits for (\`kubectl logs POD -c await-masters\`):`,
    shell(`${kubectl(input)} get pods -l app.kubernetes.io/name=twemproxy,app.kubernetes.io/instance=${deployment}`),
    `A shard that it reports as a replica was not cut over: return to the phase MOVING as below, and finish the cutover. Nothing is lost. For a shard that does not reply,
the new proxy waits one minute.`,
  ];
}

function bringBridgeBack(input: RunbookInput): string[] {
  const { files, deployment } = input;
  const loss = input.keepLegacyInSync
    ? 'Nothing is lost while the old servers run and follow.'
    : `**The old servers have the data of their cutover, and fall further behind with every write**: the rollback needs \`--accept-loss\`, and counts what is lost.`;
  return [
    '### Return to the phase MOVING',
    `This is possible while the old servers exist.`,
    ...numbered(
      ...(input.replicas
        ? [
            [
              'Hand every shard back to its first server:',
              shell(runAgain(files['85-switchover']), suspend(input, 'switchover', false), follow(input, 'switchover')),
            ],
          ]
        : []),
      [`Set \`phase: MigrationPhase.MOVING\` in \`${input.source}\`, and run \`npm run synth\`.`],
      [
        input.replicas
          ? 'Stop the Sentinels from changing roles, and bring the bridge of the migration back. It routes to the same servers:'
          : 'Bring the bridge back. It routes to the same servers:',
        shell(
          apply(files['10-network-policies']),
          ...(input.replicas
            ? [apply(files['25-sentinel']), `${kubectl(input)} rollout status statefulset/${input.replicas.sentinels}`]
            : []),
          apply(files['40-twemproxy']),
          `${kubectl(input)} rollout status deployment/${deployment}`,
          ...metrics(input),
        ),
      ],
      [
        `To roll back to the old servers as well, use the runbook of the phase MOVING: apply its \`45-plan\` and \`46-migrator\`, in case step 9
removed them, and follow its section "Rollback". ${loss}`,
      ],
    ),
  ];
}

function cleanUp(input: RunbookInput): string[] {
  const shutDown = input.keepLegacyInSync
    ? `Shut the old servers down when you no longer want to roll back. Until then they follow the new ones and reject reads. Remove their networks from \`redisClients\`, and keep their data for as long as you keep backups.`
    : `Shut the old servers down when you no longer want to roll back, and keep their data for as long as you keep backups. Until then they reject every command except those of an operator, even after a
restart. The exception are servers whose configuration could not be written, which preflight reported: do not start those again.`;
  return [
    '## 9. Clean up',
    ...numbered(
      [
        'Delete the Jobs, the plan and the migrator. A Job that is started later by mistake would still know both sides:',
        shell(`${kubectl(input)} delete jobs,configmaps,networkpolicies -l ${ofMove(input)}`),
      ],
      [shutDown],
      [
        `Then remove \`migration\` from \`${input.source}\`, and not earlier: it keeps the shards from ever starting as empty masters. Removing it restarts every shard, one after the other.`,
      ],
    ),
  ];
}
