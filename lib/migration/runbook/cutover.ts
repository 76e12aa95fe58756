// Step 7, one shard first and then the rest in portions, and step 8.

import { follow, kubectl, numbered, removeJobs, runAgain, runPortion, shell, stopping, suspend } from './commands';
import { type RunbookInput } from './runbook-input';
import { cutoverTime } from './times';

export function cutOver(input: RunbookInput): string[] {
  return [...oneShard(input), ...remainingShards(input), ...ifItFails(input)];
}

function oneShard(input: RunbookInput): string[] {
  const { files, deployment, statefulSet } = input;
  const k = kubectl(input);
  return [
    '## 7. Cutover',
    `**From here on, new data is written to the new servers.** The Job is created suspended and runs only when you start it. Applying its file again suspends it again: exclude the
file from everything that applies files automatically.`,
    '### One shard first',
    `All ${input.shards} shards would take ${cutoverTime(input)}: too fast to stop. Start with shard 0.`,
    ...numbered(
      [
        'Delete any cutover Job that an earlier synth left under another name. Create the Job for shard 0, start it, and follow it:',
        shell(
          removeJobs(input, 'cutover'),
          runPortion(files['80-cutover'], '0'),
          suspend(input, 'cutover', false),
          follow(input, 'cutover'),
        ),
        `**Go**: it prints \`1 of 1 shards are on their new servers\`. The shard was unavailable for a fraction of a second: its clients see an error or two, other clients see nothing.`,
      ],
      [
        `**Observe the shard until you trust it**: some minutes at least, better an hour of normal traffic.`,
        shell(
          runAgain(files['55-status']),
          follow(input, 'status'),
          `${k} exec ${statefulSet}-0 -c redis -- ${input.redisCli} info | grep -E '^(role|connected_clients|instantaneous_ops_per_sec|used_memory_human|rejected_connections|aof_last_write_status)'`,
          `${k} logs deployment/${deployment} --all-containers --tail=20`,
        ),
        `| check | go |
| --- | --- |
| Application: errors and latency of everything that uses this shard (\`npx cdk8s-twemproxy where\` prints the shard of a key) | as before, except in the second of the cutover |
| New server: operations per second | as on the old server before |
| New server: \`aof_last_write_status\` | \`ok\`, if it keeps an AOF |
| New server: \`rejected_connections\` | none |
| New server: disk | has room |
| Old server: clients (\`redis-cli -h OLD-SERVER info clients\`) | only the bridges and your monitoring |
| Old server: a write | rejected with \`READONLY\` |`,
        `**No-go**: errors that continue, latency that stays higher than you can accept, or a pod that restarts. Roll back this shard: see [Rollback](#rollback), with \`0\` in place of \`all\`.`,
      ],
    ),
  ];
}

function remainingShards(input: RunbookInput): string[] {
  const { files } = input;
  const tenth = Math.ceil(input.shards / 10);
  return [
    '### The remaining shards, in portions',
    `A portion is a percentage or a list such as \`0-9,17\`. \`10%\` is the first ${tenth === 1 ? 'shard' : `${tenth} shards`} of ${input.shards}. Shards that have moved are passed over, so \`50%\` continues from there.`,
    ...numbered(
      [
        'Cut over a portion:',
        shell(runPortion(files['80-cutover'], '10%'), suspend(input, 'cutover', false), follow(input, 'cutover')),
      ],
      ['Observe as above. Repeat with larger portions.'],
      [
        'At last, cut over all shards:',
        shell(runAgain(files['80-cutover']), suspend(input, 'cutover', false), follow(input, 'cutover')),
      ],
    ),
    `**Go**: it prints \`${input.shards} of ${input.shards} shards are on their new servers\`.`,
    ...stopping(
      input,
      'cutover',
      'The Job first finishes or releases the shards that it is moving; the others stay where they are.',
    ),
  ];
}

function ifItFails(input: RunbookInput): string[] {
  const { files } = input;
  return [
    '### If the cutover fails',
    `A Job that ends as \`Failed\` prints every shard that it skipped, and why. A skipped shard is served by its old server, unless its state
says otherwise. Shards that have moved stay on their new servers, and the next run passes over them. With exit code 3, for which a single shard is enough, the decision is yours: Kubernetes does
not run the Job again, not even for shards that only need another try.`,
    ...numbered(
      [
        'Fix the cause:',
        `| cause | fix |
| --- | --- |
| Unexpected clients: clients of an old server that are not the proxies | Point them at the new proxies. If they are the proxies, add their network to \`proxyNetworks\`, synthesize, and follow [If the manifests change](#if-the-manifests-change-during-the-migration). If you know them and they may lose access: \`stepArguments: { cutover: ['--allow-unexpected-clients'] }\` |
| A fence that a restart would remove | As in step 4 |
| Split brain | See [the states](#check-the-state-of-the-shards) |`,
      ],
      [
        'Start the Job again for the same portion:',
        shell(runPortion(files['80-cutover'], '10%'), suspend(input, 'cutover', false), follow(input, 'cutover')),
      ],
    ),
  ];
}

export function leaveMoving(input: RunbookInput): string[] {
  return [
    '## 8. Remove the bridge',
    ...numbered(
      [
        `Run \`status\` again, since it has no Job after this step. **Go**: every shard is \`${input.keepLegacyInSync ? 'following' : 'moved'}\`, and you do not expect to roll back.`,
      ],
      [`Set \`phase: MigrationPhase.MOVED\` in \`${input.source}\`, and run \`npm run synth\`.`],
      ['Continue with the new version of this runbook.'],
    ),
  ];
}
