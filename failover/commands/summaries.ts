// The summary of a status, as text and as JSON.

import { type ReplicaPlan } from '../../lib/failover/replica-plan';
import { exitCodeOf, type Outcome } from '../../migrator/program/outcome';
import { size } from '../../migrator/report/fleet-progress';
import { type Summary } from '../../migrator/report/report';
import { type ShardStatus } from './status';

/** The JSON names the fleet and its size: `--shards` can leave shards out. */
export function status(plan: ReplicaPlan, shards: readonly ShardStatus[], all: readonly Outcome[]): Summary {
  const counts = new Map<string, number>();
  for (const { state } of shards) counts.set(state, (counts.get(state) ?? 0) + 1);
  const known = new Set(shards.map(({ shard }) => shard));
  return {
    text: [
      ...shards.flatMap(lines),
      ...all.filter(({ shard }) => !known.has(shard)).map(({ shard, message }) => `shard ${shard}: ${message}`),
      [...counts].map(([state, number]) => `${number} ${state}`).join(', '),
    ],
    json: { exitCode: exitCodeOf(all), fleet: plan.fleet, shardsInFleet: plan.shards.length, shards },
  };
}

function lines({ shard, state, a, b, master, successor, keys, lag, votes, problems }: ShardStatus): string[] {
  const naming = votes.filter(({ names }) => names === master && master !== undefined).length;
  const details = [
    master === undefined ? `no master: ${a}, ${b}` : `master ${master} ${master === 'a' ? a : b}`,
    ...(successor === undefined ? [] : [`${successor} can take over`]),
    ...(keys === undefined ? [] : [`${keys} keys`]),
    ...(lag === undefined ? [] : [`lag ${size(lag)}`]),
    ...(master === undefined ? [] : [`${naming} of ${votes.length} Sentinels name it`]),
  ];
  return [
    `shard ${String(shard).padStart(4)}  ${state.padEnd(11)}  ${details.join(', ')}`,
    ...problems.map((problem) => `            ${problem}`),
  ];
}
