// Rollback while a fleet moves, and what applies to all Jobs.

import { follow, GONE, kubectl, ofMove, removeJobs, runAgain, runPortion, shell, suspend } from './commands';
import { type RunbookInput } from './runbook-input';
import { lostNode } from './lost-node';
import { cutoverTime } from './times';

/** The sections. */
export function goingBack(input: RunbookInput): string[] {
  return [...goBack(input), ...lostNode(input), ...jobs(input)];
}

function goBack(input: RunbookInput): string[] {
  const file = input.files['90-rollback'];
  return [
    '## Going back',
    `Before step 5 there is nothing to take back but the applications (step 3). After that, **first end what goes forward**: a sync that runs, or that Kubernetes runs once more,
would attach again what the rollback detaches. This returns when the pods are gone, after a minute at most; their logs go with them:`,
    shell(removeJobs(input, 'sync', 'verify', 'cutover')),
    `Then, which takes ${cutoverTime(input)} where nothing has to be counted:`,
    shell(runAgain(file), suspend(input, 'rollback', false), follow(input, 'rollback')),
    `- **Before the cutover** of a shard: the new server is detached, the old one is as it was. Nothing is lost.
- **After it:** ${afterCutover(input)}
- A server that will never answer again: ${GONE}.`,
    'Only some shards, here the first, by what a portion is in step 7:',
    shell(runPortion(file, '0'), suspend(input, 'rollback', false), follow(input, 'rollback')),
    `Good: every shard is \`waiting\` again. The applications can stay where they are. Sync (step 5) starts over from there, once the rollback has ended: it
would detach what a sync attaches.`,
  ];
}

function afterCutover({ keepLegacyInSync }: RunbookInput): string {
  if (keepLegacyInSync) return 'nothing is lost: the old servers followed the new ones.';
  return `it refuses, since the old servers know nothing of what was written since. \`stepArguments: { rollback: ['--accept-loss'] }\` in main.ts has it go back all the same, and say how many keys are lost: \`npm run synth\`, and this section again as it is written then.`;
}

function jobs(input: RunbookInput): string[] {
  const k = kubectl(input);
  const exit = `-o custom-columns='POD:.metadata.name,EXIT:.status.containerStatuses[0].state.terminated.exitCode'`;
  return [
    '## Jobs',
    `A Job cannot be changed, so its name ends in a hash of its content. To run one again: \`kubectl replace --force -f FILE\` (and start it, where it comes suspended).
A Job that ends with code 2 or 3 has something for you to decide, which its log says; with any other, Kubernetes runs sync, cutover and rollback again by itself, in a new
pod. A migrator that dies is started again at once before that, in its pod. Every command can be killed at any moment and run again. \`verify\` and \`sync\` take portions as well: step 7 shows how.`,
    shell(`${k} get jobs,pods -l ${ofMove(input)}`, `${k} get pods -l ${ofMove(input)} ${exit}`),
  ];
}
