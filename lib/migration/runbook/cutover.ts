// Step 7, one shard first and then the rest in portions, and step 8.

import { follow, kubectl, removeJobs, runAgain, runPortion, shell, stopping, suspend } from './commands';
import { type RunbookInput } from './runbook-input';
import { cutoverTime } from './times';

/** The sections. */
export function cutOver(input: RunbookInput): string[] {
  return [...oneShard(input), ...theRest(input), ...ifItFails(input)];
}

function oneShard(input: RunbookInput): string[] {
  const { files, deployment, statefulSet } = input;
  const k = kubectl(input);
  return [
    '## 7. Cutover',
    `**From here on, new data is on the new side.** The Job comes suspended; starting it is your decision. Applying the file again suspends it again, so leave
it out of whatever applies files by itself.`,
    '### One shard first',
    `All ${input.shards} shards would be through in ${cutoverTime(input)}, which is too fast to stop. So begin with shard 0; a Job under another name that an older main.ts left is removed
first:`,
    shell(
      removeJobs(input, 'cutover'),
      runPortion(files['80-cutover'], '0'),
      suspend(input, 'cutover', false),
      follow(input, 'cutover'),
    ),
    `Good: \`1 of 1 shards are on their new servers\`. The shard is out for a fraction of a second; its clients see an error or two, the others nothing. **Now look, for as long as it
takes you to trust it**: some minutes at least, better an hour in which your traffic is what it always is.`,
    shell(
      runAgain(files['55-status']),
      follow(input, 'status'),
      `${k} exec ${statefulSet}-0 -c redis -- redis-cli info | grep -E '^(role|connected_clients|instantaneous_ops_per_sec|used_memory_human|rejected_connections|aof_last_write_status)'`,
      `${k} logs deployment/${deployment} --all-containers --tail=20`,
    ),
    `- **In the application**: errors and latency of what uses this shard (\`npx cdk8s-twemproxy where\` tells which shard has a key). Go: as before, but for the second of the cutover.
- **From outside**: the new shard has the operations that the old server had, \`aof_last_write_status:ok\` where it keeps an AOF, no \`rejected_connections\`, and room on its disk; the old server has no client but the bridges and
  your monitoring (\`redis-cli -h OLD-SERVER info clients\`), and answers \`READONLY\` to a write.
- **No-go**: errors that go on, a latency that stays higher than you can bear, a pod that is restarted. Go back with this one shard: "Going back", with \`0\` in the place of \`all\`.`,
  ];
}

function theRest(input: RunbookInput): string[] {
  const { files } = input;
  const some = Math.ceil(input.shards / 10);
  return [
    '### The rest, in portions',
    `A portion is \`10%\` (the first ${some} of the ${input.shards} shards; those that have moved are passed by, so \`50%\` goes on from there), or a list such as \`0-9,17\`. Look as above after each:`,
    shell(runPortion(files['80-cutover'], '10%'), suspend(input, 'cutover', false), follow(input, 'cutover')),
    'And so on; at last, all of them:',
    shell(runAgain(files['80-cutover']), suspend(input, 'cutover', false), follow(input, 'cutover')),
    `Good: \`${input.shards} of ${input.shards} shards are on their new servers\`.`,
    ...stopping(
      input,
      'cutover',
      'A shard in its hands is finished or released first; the others stay where they are.',
    ),
  ];
}

function ifItFails(input: RunbookInput): string[] {
  const { files } = input;
  return [
    `**If it ends \`Failed\`**, its log names every shard that was skipped, and why. A skipped shard is served by its old server, unless its state
says otherwise; those that moved stay where they are, and the next run passes them by. With exit code 3 that is for you to decide, and one shard is enough: Kubernetes does
not run it again, also not for shards that only need another try.`,
    `- *Unexpected clients*: clients of an old server that are not the proxies. Point them at the new proxies; or, if they are the proxies, name their network in \`proxyNetworks\`,
  synthesize, and go by "When main.ts changes on the way"; or, if you know them and they may be locked out, \`stepArguments: { cutover: ['--allow-unexpected-clients'] }\`.
- *A fence that a restart would remove*: as in step 4.
- *Split brain*: see the table above.`,
    'Then start it again, for the same portion:',
    shell(runPortion(files['80-cutover'], '10%'), suspend(input, 'cutover', false), follow(input, 'cutover')),
  ];
}

/** The section. */
export function leaveMoving(input: RunbookInput): string[] {
  return [
    '## 8. Without the bridge',
    `When \`status\` says that every shard is \`${input.keepLegacyInSync ? 'following' : 'moved'}\`, and you do not expect to go back: set \`phase: MigrationPhase.MOVED\` in main.ts, \`npm run synth\`, and
go on with this runbook as it is written then. Look at \`status\` right before: there is no Job for it afterwards.`,
  ];
}
