// The head of a runbook: what the fleet requires of the cluster.

import { type RunbookInput } from './runbook-input';

export function requirements(input: RunbookInput): string[] {
  const { needs, shards, checkInterval } = input;
  const exporters = needs.exporters > 0 ? `${needs.exporters} pod of exporters, ` : '';
  const checksPerServer = Math.round((needs.proxies * 1000) / checkInterval);
  return [
    '## Cluster requirements',
    `| what | how much |
| --- | --- |
| long-running pods | ${needs.pods}: ${serversOf(input)} ${exporters}and ${needs.proxies} proxies; and one pod for each Job |
| requested CPU and memory, all pods together | ${rounded(needs.cpu)} CPUs, ${bytes(needs.memory)}; each Job requests more on top |
| storage | ${bytes(needs.storage)} in ${needs.claims} ${needs.claims === 1 ? 'claim' : 'claims'} |
| Services | ${needs.services} |
| connections for the bridges' health checks | ${checksPerServer} per second to each old server and to each shard, ${checksPerServer * 2 * shards} in all, from step 2 to step 8 |
| images to mirror | ${needs.images.map((image) => `\`${image}\``).join(', ')} |`,
  ];
}

function serversOf({ shards, needs, replicas }: RunbookInput): string {
  if (replicas === undefined) return `${shards} shards`;
  return `${2 * shards} servers of ${shards} shards, ${needs.pods - needs.proxies - needs.exporters - 2 * shards} Sentinels,`;
}

function rounded(number: number): string {
  return String(Math.round(number * 10) / 10);
}

function bytes(number: number): string {
  const units = ['MiB', 'GiB', 'TiB'];
  let size = number / 2 ** 20;
  let unit = 0;
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024;
  return `${rounded(size)} ${units[unit]}`;
}
