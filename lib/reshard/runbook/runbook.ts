// The RUNBOOK.md of a change of the ring, written from the same data as the manifests.

import { linkTo } from '../../common/documents';
import { apply, follow, kubectl, numbered, runAgain, shell } from '../../migration/runbook/commands';
import { wrap } from '../../migration/runbook/wrap';
import { percent } from '../../nutcracker/percent';
import { ReshardPhase } from '../reshard-options';
import { type ReshardRunbook } from './input';
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

export function reshardRunbook(input: ReshardRunbook): string {
  const parts = {
    [ReshardPhase.RESHARDING]: resharding,
    [ReshardPhase.RESHARDED]: resharded,
    [ReshardPhase.STABLE]: stable,
  };
  return `${parts[input.phase](input).map(wrap).join('\n\n')}\n`;
}

function resharding(input: ReshardRunbook): string[] {
  return [
    `# Runbook: change the ring of ${input.fleet}`,
    summary(input),
    `Clients keep writing. At the switch they get errors for a moment, and their connections are closed once; no acknowledged write is lost. ${linkTo('How it works', 'docs/reshard.md')} has the states of the servers, and what is not promised.`,
    ...prepare(input),
    ...copy(input),
    ...change(input),
    ...fenced(input),
    ...giveUp(input),
  ];
}

function summary({ diff }: ReshardRunbook): string {
  const names = (what: string, list: readonly string[]): string[] =>
    list.length === 0 ? [] : [`${what}: ${list.map((name) => `\`${name}\``).join(', ')}`];
  const parts = [
    `${diff.before} servers, then ${diff.after}`,
    ...names('added', diff.added),
    ...names('removed', diff.removed),
    ...(diff.reweighted > 0 ? [`${diff.reweighted} with another weight`] : []),
    `${percent(diff.movedShare)} of the key space moves`,
  ];
  return `${parts.join('; ')}.`;
}

function prepare(input: ReshardRunbook): string[] {
  const { replicas, deployment } = input;
  const k = kubectl(input);
  return [
    '## 1. Prepare',
    ...numbered(
      ...certificateOfAll(input),
      [
        replicas
          ? 'Start the shards that join. No other server restarts; the Sentinels do, one after the other:'
          : 'Start the shards that join. The first change of the ring of a fleet restarts every shard once, since it adds the user `migrator`:',
        shell(
          ...applyAll(input, '10-network-policies', '20-storage', '25-sentinel', '30-redis'),
          ...serversRolledOut(input),
        ),
      ],
      ...failoverOfAll(input),
      [
        'Roll out the proxies that know both rings:',
        shell(...applyAll(input, '40-twemproxy', '44-metrics'), `${k} rollout status deployment/${deployment}`),
        '**Go**: the rollout has finished and the applications work. Each of their connections was closed once. A proxy that still knows only the old ring would have errors after the switch, and never old values.',
      ],
      [
        'Check the servers, and predict what moves:',
        shell(
          ...applyAll(input, '45-reshard', '46-reshard-program', '50-reshard-preflight'),
          follow(input, 'preflight'),
        ),
        preflightFailed(input),
      ],
    ),
  ];
}

/** A shard without its name in the certificate would be refused by everything that connects to it. */
function certificateOfAll(input: ReshardRunbook): string[][] {
  const { certificate, replicas } = input;
  if (certificate === undefined || certificate.names.length === 0) return [];
  const { secret, names } = certificate;
  return [
    [
      `Renew the certificate in the Secret \`${secret}\`, which needs the names of the shards that join (a wildcard will do): ${names.map((name) => `\`${name}\``).join(', ')}. The fleet has all names as \`redis.tlsNames\`. Servers load it by themselves${replicas ? '; the Sentinels restart for it, one after another within a minute' : ''}. Print its names:`,
      shell(
        `${kubectl(input)} get secret ${secret} -o jsonpath='{.data.tls\\.crt}' | base64 -d | openssl x509 -noout -ext subjectAltName`,
      ),
      '**No-go**: a name is missing. From the phase `USED` on, the proxies and the Jobs do not accept a shard without its name.',
    ],
  ];
}

/** With replicas, all shards have to have one that could take over. */
function failoverOfAll(input: ReshardRunbook): string[][] {
  const { files, replicas } = input;
  if (!replicas) return [];
  return [
    [
      'Wait until the new shards have a replica that could take over, and the Sentinels monitor them:',
      shell(
        ...applyAll(input, '42-failover', '43-failover-program'),
        runAgain(files['57-failover-status']),
        follow(input, 'failover-status'),
      ),
      `**No-go**: a shard has problems. The log says which, and what to do. To check again: \`${runAgain(files['57-failover-status'])}\`, and wait as above.`,
    ],
  ];
}

function copy(input: ReshardRunbook): string[] {
  const { replicas } = input;
  return [
    '## 2. Copy',
    ...numbered(
      [
        ...copied(
          input,
          'Start `copy`. It copies the keys that move, follows their changes, and runs until you stop it:',
        ),
        ...(replicas
          ? [
              'Drain no node with shards meanwhile, and change nothing that restarts them: each change of a master, also a failover, ends `copy`. It begins again from the start, by itself a few times. The switch waits a minute until it has copied everything.',
            ]
          : []),
      ],
      compared(input, 'Compare every key that moves with its copy:'),
    ),
  ];
}

function change(input: ReshardRunbook): string[] {
  const { users } = input;
  return [
    '## 3. Switch',
    'The running `copy` fences all shards, copies what is left, and opens them for the new ring, which takes milliseconds. After it the new ring serves, and `copy` follows back to the old one:',
    switched(input),
    `**Go**: the Job is complete and the applications work. From here on, the user \`${users[1]}\` may use keys, and \`${users[0]}\` may not.`,
    switchFailed(input, 'The old ring'),
    '### Return to the old ring',
    'This loses nothing, as long as `copy` runs:',
    ...returned(input),
    '### End the change',
    `When you no longer want to return, do the following. ${setPhase(input, 'RESHARDED')} Follow the new runbook, and not earlier: proxies that know only the new ring get errors while the old one serves.`,
  ];
}

function giveUp(input: ReshardRunbook): string[] {
  const { deployment } = input;
  const k = kubectl(input);
  return [
    '## Give up',
    'While the old ring serves:',
    ...numbered(
      purged(input, 'Stop `copy`, and delete the copies:', 'copy'),
      [
        `Remove the last pool from \`reshard.pools\` in \`${input.source}\`, and set the phase STABLE. If it was the only pool, remove \`reshard\`${input.replicas ? '' : ', which restarts every shard once'}. Run \`npm run synth\`.`,
      ],
      [
        'Apply the proxies that know only the old ring, and then stop the shards that have joined:',
        shell(
          ...applyAll(input, '40-twemproxy', '44-metrics'),
          `${k} rollout status deployment/${deployment}`,
          ...applyAll(input, '25-sentinel', '10-network-policies', '30-redis'),
          ...serversRolledOut(input),
          ...applyAll(input, '42-failover', '43-failover-program'),
        ),
      ],
      [
        'Delete the Jobs, the plan and the program. If the fleet has backups or a second key for its password, apply their files as well (`47-…`, `48-…`):',
        shell(deleteChange(input)),
      ],
    ),
  ];
}

function resharded(input: ReshardRunbook): string[] {
  const { files, deployment } = input;
  const k = kubectl(input);
  return [
    `# Runbook: end the change of the ring of ${input.fleet}`,
    summary(input),
    '**Go**: the new ring serves, as the Job `status` says. From step 1 on, `return` is refused. Until step 3 you can go back to the phase RESHARDING, and return from there. From step 3 on, the old ring cannot serve again.',
    ...numbered(
      secondServes(input, 'Check which ring serves:', 'Check the servers'),
      [
        'Roll out the proxies that know only the new ring:',
        shell(apply(files['40-twemproxy']), `${k} rollout status deployment/${deployment}`),
        `**No-go**: the rollout does not finish, or the applications have errors. Set \`phase: ReshardPhase.RESHARDING\` again, run \`npm run synth\`, and apply its \`${files['40-twemproxy']}\` and \`${files['45-reshard']}\`. If the Job of \`copy\` has failed meanwhile, start it again with \`kubectl replace --force\`.`,
      ],
      purged(
        input,
        'Stop `copy`, and delete what is left of moved keys on the servers that had them:',
        'preflight',
        'copy',
        'verify',
        'switch',
        'return',
      ),
      [`${setPhase(input, 'STABLE')} Follow the new runbook.`],
    ),
  ];
}

function stable(input: ReshardRunbook): string[] {
  const { files, replicas, shards, diff, users, redisCli } = input;
  const k = kubectl(input);
  const hasLeft = diff.removed.length > 0;
  const failover = applyAll(input, '42-failover', '43-failover-program');
  const others = applyAll(input, '47-passwords', '47-backup-program', '48-backup');
  return [
    `# Runbook: clean up after the change of the ring of ${input.fleet}`,
    ...numbered(
      ['Delete the Jobs, the plan and the program:', shell(deleteChange(input))],
      ...(hasLeft
        ? [
            [
              `Roll out the proxies${replicas ? ', and the Sentinels, which forget the shards that leave' : ''}:`,
              shell(
                ...applyAll(input, '25-sentinel', '40-twemproxy', '44-metrics'),
                `${k} rollout status deployment/${input.deployment}`,
              ),
            ],
          ]
        : []),
      [
        hasLeft
          ? `Stop the shards that have left. The fleet has ${shards} shards now; one that has left stays, empty, if one with a higher number is in the ring:`
          : 'Apply the network policies and the shards, which do not change:',
        shell(apply(files['10-network-policies']), apply(files['30-redis']), ...serversRolledOut(input)),
      ],
      ...(failover.length > 0 ? [['Update the Jobs for failovers:', shell(...failover)]] : []),
      ...(others.length > 0 ? [['Resume the backups and the Jobs for passwords:', shell(...others)]] : []),
    ),
    `The user \`${users[1]}\` may use keys, and \`${users[0]}\` may not. To look at keys by hand, use \`${redisCli} --user migrator\`. The next change takes another pool at the end of \`reshard.pools\`.`,
  ];
}
