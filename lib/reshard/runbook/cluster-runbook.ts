// The RUNBOOK.md of a change from a ring to a Redis Cluster, written from the same data as the manifests.

import { linkTo } from '../../common/documents';
import { apply, follow, numbered, runAgain, shell } from '../../migration/runbook/commands';
import { wrap } from '../../migration/runbook/wrap';
import { ReshardPhase } from '../reshard-options';
import { type ClusterRunbook } from './input';
import {
  applyAll,
  compared,
  copied,
  deleteChange,
  fenced,
  preflightFailed,
  purged,
  returned,
  secondServes,
  serversRolledOut,
  setPhase,
  switched,
  switchFailed,
} from './parts';

export function clusterRunbook(input: ClusterRunbook): string {
  const parts = input.phase === ReshardPhase.RESHARDING ? resharding(input) : resharded(input);
  return `${parts.map(wrap).join('\n\n')}\n`;
}

function resharding(input: ClusterRunbook): string[] {
  const { cluster, fleet } = input;
  return [
    `# Runbook: move ${fleet} to the Redis Cluster ${cluster.statefulSet}`,
    `${cluster.masters} masters, ${cluster.nodes} nodes. All keys move. The applications keep writing, and change their clients right after the switch: until an application has changed, it gets errors (\`NOPERM\`), and never an old value. No acknowledged write is lost. ${linkTo('How it works', 'docs/reshard.md#to-a-redis-cluster')} has what is not promised.`,
    ...prepare(input),
    ...applications(input),
    ...copy(input),
    ...change(input),
    ...fenced(input),
    ...giveUp(input),
  ];
}

function prepare(input: ClusterRunbook): string[] {
  const { files, restarts, replicas, cluster } = input;
  const restart = restarts
    ? 'Give the shards the user of the Jobs. Each of them restarts once:'
    : 'Apply the network policies and the shards, which do not restart:';
  return [
    '## 1. Prepare',
    ...numbered(
      [
        restart,
        shell(
          ...applyAll(input, '10-network-policies', '20-storage', '25-sentinel', '30-redis'),
          ...serversRolledOut(input),
        ),
      ],
      [
        'Ask the shards which commands with several keys the applications have used:',
        shell(
          ...applyAll(input, '45-reshard', '46-reshard-program', '51-reshard-compatibility'),
          follow(input, 'compatibility'),
        ),
        `**No-go**: the Job failed. Its log names the commands that a cluster refuses, with the number of calls and the remedy. Change the applications first; the proxies accept the changed commands as well. To ask again, from now on: run \`CONFIG RESETSTAT\` on each shard, wait until every application has done everything that it does, and \`${runAgain(files['51-reshard-compatibility'])}\`.`,
      ],
      [
        'Start the nodes, and wait for the Job that makes them a cluster:',
        shell(apply(cluster.file), follow(input, 'create')),
        `**No-go**: the Job does not end: its log says for what it waits. It failed: its log says what a person has to decide. To run it again: \`kubectl delete job/${input.jobs.create}${ofNamespace(input)}\`, and apply the file.`,
      ],
      [
        'Check the servers and the nodes, and predict how long it takes:',
        shell(apply(files['50-reshard-preflight']), follow(input, 'preflight')),
        preflightFailed(input),
      ],
      ...(replicas && files['42-failover'] ? [failover(input)] : []),
    ),
  ];
}

function ofNamespace({ namespace }: ClusterRunbook): string {
  return namespace === undefined ? '' : ` -n ${namespace}`;
}

function failover(input: ClusterRunbook): string[] {
  const { files } = input;
  return [
    'Wait until every shard has a replica that could take over:',
    shell(
      ...applyAll(input, '42-failover', '43-failover-program'),
      runAgain(files['57-failover-status']),
      follow(input, 'failover-status'),
    ),
    `**No-go**: a shard has problems. The log says which, and what to do.`,
  ];
}

function applications({ cluster, hashTag, deployment }: ClusterRunbook): string[] {
  const tag =
    hashTag === undefined || hashTag === '{}'
      ? 'Keys with the same hash tag `{}` have the same slot.'
      : `The hash tag of the ring is \`${hashTag}\`; that of a cluster is always \`{}\`, so keys with the same tag of the ring are in different slots.`;
  return [
    '## 2. Prepare the applications',
    'Build a release of each application, and test it with a cluster of its own. Do not roll it out yet. Keep the present release, for a return. What differs:',
    [
      `- **The client**: one for Redis Cluster, such as \`Cluster\` of ioredis or \`RedisCluster\` of redis-py. It connects to every node, and follows \`MOVED\`. Its start nodes, instead of the Service of ${deployment}: \`${cluster.seeds.join('`, `')}\`.`,
      ...tlsOfClients(cluster),
      '- **The password** is the same. The user is `default`, so none has to be named.',
      `- **Several keys in one command, script or transaction** have to be in one slot (\`CROSSSLOT\`). ${tag}`,
      '- **Database 0** is the only one.',
      '- **Network**: clients need a connection to each node. Its prop `clients` has the peers that are allowed.',
      '- **Failover**: while a master is replaced, commands for its slots fail for about the node timeout. Repeat only what may be run twice.',
    ].join('\n'),
  ];
}

function tlsOfClients({ tls }: ClusterRunbook['cluster']): string[] {
  if (tls === undefined) return [];
  const { caSecret, plainPort } = tls;
  const without =
    plainPort === undefined ? 'No port is without TLS.' : `A client that has no TLS uses the port ${plainPort}.`;
  return [
    `- **TLS**: the client verifies the nodes with \`ca.crt\` of the Secret ${caSecret}, and by their names, which the nodes tell it. ${without} ioredis would connect to the IP addresses of its start nodes, which no certificate has: also set \`dnsLookup: (name, callback) => callback(null, name)\`.`,
  ];
}

function copy(input: ClusterRunbook): string[] {
  return [
    '## 3. Copy',
    ...numbered(
      [
        ...copied(input, 'Start `copy`. It copies all keys, follows their changes, and runs until you stop it:'),
        'Drain no Kubernetes node with shards or nodes of the cluster meanwhile, and move no slots: each change of a master ends `copy`. It begins again from the start, by itself a few times.',
      ],
      compared(input, 'Compare every key with its copy:'),
    ),
  ];
}

function change(input: ClusterRunbook): string[] {
  const { deployment } = input;
  return [
    '## 4. Switch, and change the applications',
    ...numbered(
      [
        'The running `copy` fences all shards, copies what is left, and opens the cluster, which takes milliseconds. From then on, commands through the proxies fail with `NOPERM`:',
        switched(input),
        switchFailed(input, 'The ring'),
      ],
      [
        'Roll out the new releases at once, those that write most first. An application works as soon as it has changed, whatever the others do.',
        `**Go**: no application has errors. No client uses ${deployment} any more.`,
      ],
    ),
    '### Return to the ring',
    'This loses nothing that was written to the cluster, as long as `copy` runs. Then roll out the former releases at once; until then, an application gets `NOPERM` from the cluster:',
    ...returned(input),
    '### End the change',
    `When you no longer want to return, do the following. ${setPhase(input, 'RESHARDED')} Follow the new runbook.`,
  ];
}

function giveUp(input: ClusterRunbook): string[] {
  const { restarts, source } = input;
  return [
    '## Give up',
    'While the ring serves:',
    ...numbered(
      purged(input, 'Stop `copy`, and delete the copies:', 'copy'),
      ['Delete the Jobs, the plan and the program:', shell(deleteChange(input))],
      [
        `In \`${source}\`, remove \`reshard.cluster\`, and set the phase STABLE. If the ring was never changed, remove \`reshard\`${restarts ? ', which restarts every shard once' : ''}. Run \`npm run synth\`, and apply the files. The nodes are closed and empty: remove the RedisCluster as well, or keep it for the next try.`,
      ],
    ),
  ];
}

function resharded(input: ClusterRunbook): string[] {
  const { files, cluster, fleet, namespace, source } = input;
  const left = ['40-twemproxy', '44-metrics', '42-failover', '43-failover-program', '25-sentinel', '30-redis'];
  const remaining = [...left, '10-network-policies'].flatMap((step) =>
    files[step] ? [`kubectl delete -f ${files[step]}`] : [],
  );
  return [
    `# Runbook: end the move of ${fleet} to the Redis Cluster ${cluster.statefulSet}`,
    '**Go**: the cluster serves, as the Job `status` says, and no application uses the proxies. From step 1 on, `return` is refused. Until step 2 you can go back to the phase RESHARDING, and return from there. From step 2 on, the ring cannot serve again.',
    ...numbered(
      secondServes(input, 'Check which of them serves:', 'Ask the shards'),
      purged(
        input,
        'Stop `copy`, and delete all keys from the shards:',
        'preflight',
        'compatibility',
        'copy',
        'verify',
        'switch',
        'return',
      ),
      [
        'Delete the Jobs, the proxies and the empty shards. Their volumes and claims stay:',
        shell(deleteChange(input), ...remaining),
      ],
      [
        `In \`${source}\`, remove the FleetCharts of ${fleet}, and keep the RedisCluster as it is, with \`startClosed\`: to remove the prop would restart its nodes. Run \`npm run synth\`.`,
        ...(namespace === undefined
          ? []
          : [
              `**Keep the namespace**: \`${namespace}\` was written by the fleet, and the cluster is in it. If your tools delete what is no longer in \`dist/\` (\`--prune\`, GitOps), write the Namespace yourself before you remove the fleet.`,
            ]),
      ],
    ),
  ];
}
