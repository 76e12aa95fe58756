// Rollback during a migration, and what applies to all Jobs.

import { follow, GONE, kubectl, numbered, ofMove, removeJobs, runAgain, runPortion, shell, suspend } from './commands';
import { type RunbookInput } from './runbook-input';
import { lostNode } from './lost-node';
import { cutoverTime } from './times';

export function rollback(input: RunbookInput): string[] {
  return [...rollbackSection(input), ...lostNode(input), ...jobs(input)];
}

function rollbackSection(input: RunbookInput): string[] {
  const file = input.files['90-rollback'];
  return [
    '## Rollback',
    'Before step 5 there is nothing to roll back but the applications (step 3). From step 5 on, what happens depends on the shard:',
    `- **Before the cutover** of a shard, its new server is detached and its old server stays as it was. Nothing is lost.
- **After the cutover**, ${afterCutover(input)}
- **If a server is lost for good**: ${GONE}.`,
    ...numbered(
      [
        `**Delete the Jobs that go forward.** A sync that runs, or that Kubernetes runs again, would attach again what the rollback detaches. The command returns when the pods are gone, after a minute at most; their logs are deleted with them:`,
        shell(removeJobs(input, 'sync', 'verify', 'cutover')),
      ],
      [
        `Roll back. It takes ${cutoverTime(input)}, plus the time to count lost keys. **Either** all shards:`,
        shell(runAgain(file), suspend(input, 'rollback', false), follow(input, 'rollback')),
        '**Or** a portion only (see step 7), here the first shard:',
        shell(runPortion(file, '0'), suspend(input, 'rollback', false), follow(input, 'rollback')),
      ],
    ),
    `**Go**: \`status\` shows \`waiting\` for every shard that was rolled back. The applications can stay on the new proxies. To migrate again, start with step 5 when the rollback has ended: a running
rollback would detach what a sync attaches.`,
  ];
}

function afterCutover({ keepLegacyInSync, source }: RunbookInput): string {
  if (keepLegacyInSync) return 'nothing is lost: the old servers followed the new ones.';
  return `the rollback refuses: the old servers do not have what was written since. To roll back all the same, set \`stepArguments: { rollback: ['--accept-loss'] }\` in \`${source}\`, run \`npm run synth\`, and follow this section in the new runbook. The Job then prints how many keys are lost.`;
}

function jobs(input: RunbookInput): string[] {
  const k = kubectl(input);
  const exit = `-o custom-columns='POD:.metadata.name,EXIT:.status.containerStatuses[0].state.terminated.exitCode'`;
  return [
    '## Jobs',
    `- To run a Job again: \`kubectl replace --force -f FILE\`, and start it if it is created suspended. A Job cannot be changed, so its name ends in a hash of its content.
- Exit code 2 or 3 needs a decision from you; the log prints which. After any other failure, Kubernetes runs sync, cutover and rollback again in a new
  pod. Before that, a migrator that dies is restarted at once in its own pod.
- Every command can be killed at any moment and run again.
- \`verify\` and \`sync\` also accept portions, as shown in step 7.`,
    shell(`${k} get jobs,pods -l ${ofMove(input)}`, `${k} get pods -l ${ofMove(input)} ${exit}`),
  ];
}
