// The way back while a fleet moves, and what holds for all Jobs.

import { follow, GONE, kubectl, ofMove, runAgain, shell, suspend } from './commands';
import { type RunbookFacts } from './facts';

/** The sections. */
export function goingBack(facts: RunbookFacts): string[] {
  return [...goBack(facts), ...jobs(facts)];
}

function goBack(facts: RunbookFacts): string[] {
  const file = facts.files['90-rollback'];
  const forward = `${ofMove(facts)},app.kubernetes.io/component in (sync,verify,cutover)`;
  return [
    '## Going back',
    `Before step 5 there is nothing to take back but the applications (step 3). After that, **first end what goes forward**: a sync that runs, or that Kubernetes runs once more,
would attach again what the rollback detaches. This returns when the pods are gone, after a minute at most; their logs go with them:`,
    shell(`${kubectl(facts)} delete jobs -l '${forward}' --cascade=foreground`),
    'Then:',
    shell(runAgain(file), suspend(facts, 'rollback', false), follow(facts, 'rollback')),
    `- **Before the cutover** of a shard: the new server is detached, the old one is as it was. Nothing is lost.
- **After it:** ${afterCutover(facts)}
- Only some shards: \`stepArguments: { rollback: ['--shards', '3,7'] }\`.
- A server that will never answer again: ${GONE}.`,
    `Good: every shard is \`waiting\` again. The applications can stay where they are. Sync (step 5) starts over from there, once the rollback has ended: it
would detach what a sync attaches.`,
  ];
}

function afterCutover({ keepLegacyInSync }: RunbookFacts): string {
  if (keepLegacyInSync) return 'nothing is lost: the old servers followed the new ones.';
  return `it refuses, since the old servers know nothing of what was written since. \`stepArguments: { rollback: ['--accept-loss'] }\` in main.ts has it go back all the same, and say how many keys are lost: \`npm run synth\`, and this section again as it is written then.`;
}

function jobs(facts: RunbookFacts): string[] {
  const k = kubectl(facts);
  const exit = `-o custom-columns='POD:.metadata.name,EXIT:.status.containerStatuses[0].state.terminated.exitCode'`;
  return [
    '## Jobs',
    `A Job cannot be changed, so its name ends in a hash of its content. To run one again: \`kubectl replace --force -f FILE\` (and start it, where it comes suspended).
A Job that ends with code 2 or 3 has something for you to decide, which its log says; with any other, Kubernetes runs sync, cutover and rollback again by itself, in a new
pod, whose log the same command shows. Every command can be killed at any moment and run again.`,
    shell(`${k} get jobs,pods -l ${ofMove(facts)}`, `${k} get pods -l ${ofMove(facts)} ${exit}`),
  ];
}
