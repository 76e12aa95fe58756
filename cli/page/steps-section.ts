// The steps of the migration, numbered as in the runbook, with their files.

import { type PlanData, type PoolData } from '../input/report-data';
import { type Child, el, span } from './element';
import { fragment } from './figure';
import { displayOf } from './states';
import { movedCount, type ShardView, shardViews } from './state-section';

interface Step {
  readonly title: string;
  readonly text: string;
  readonly charts: readonly string[];
  /** The number of shards for which the step is done. */
  readonly done?: (shards: readonly ShardView[]) => number;
}

const STEPS: readonly Step[] = [
  {
    title: 'Deploy storage and shards',
    text: 'The new shards start, empty. The old fleet is not affected.',
    charts: ['00-namespace', '10-network-policies', '20-storage', '30-redis'],
  },
  {
    title: 'Deploy proxies and bridge',
    text: 'New proxies route to the old servers.',
    charts: ['40-twemproxy', '45-plan', '46-migrator'],
  },
  {
    title: 'Switch the applications',
    text: 'Applications switch to the new proxies, one by one. No data has moved.',
    charts: [],
  },
  { title: 'Preflight', text: 'Checks the requirements of the migration.', charts: ['50-preflight'] },
  {
    title: 'Sync',
    text: 'Each new shard replicates its old server until it is in sync.',
    charts: ['60-sync'],
    done: (shards) => movedCount(shards) + shards.filter(({ data }) => displayOf(data).category === 'ready').length,
  },
  { title: 'Verify', text: 'Compares the data of old and new servers.', charts: ['70-verify'] },
  {
    title: 'Cutover',
    text: 'Started by an operator. Moves the shards; each is unavailable for a fraction of a second.',
    charts: ['80-cutover'],
    done: movedCount,
  },
  {
    title: 'Remove the bridge',
    text: 'Set the phase to MOVED and synthesize: the proxies connect to the shards directly.',
    charts: [],
  },
];

const ANY_TIME: readonly Step[] = [
  { title: 'Status', text: 'Prints the state of every shard, at any time from step 2.', charts: ['55-status'] },
  {
    title: 'Rollback',
    text: 'At any time before step 8. After a cutover, later writes are lost unless the old servers are replicas of the new ones.',
    charts: ['90-rollback'],
  },
];

export function stepsSection(data: PoolData, plan: PlanData): Node {
  const shards = data.status && shardViews(data, data.status);
  return fragment(
    el('p', {}, 'For the full steps with all commands, see ', span('code', `${plan.plan.fleet}.RUNBOOK.md`), '.'),
    el('ol', { class: 'steps' }, ...STEPS.map((step) => item(step, plan, shards))),
    el('ul', { class: 'steps' }, ...ANY_TIME.map((step) => item(step, plan))),
  );
}

function item({ title, text, charts, done }: Step, plan: PlanData, shards?: readonly ShardView[]): Element {
  const files = charts.flatMap((chart) => fileOf(chart, plan));
  return el(
    'li',
    {},
    el('b', {}, title),
    ...(shards && done ? progress(done(shards), shards.length, title) : []),
    el('p', {}, text),
    ...(files.length === 0 ? [] : [el('p', { class: 'files' }, ...files.flatMap((file) => [span('code', file), ' ']))]),
  );
}

function progress(done: number, all: number, title: string): Child[] {
  const text = `${done.toLocaleString('en')} of ${all.toLocaleString('en')} shards`;
  return [
    ' ',
    el('progress', { value: done, max: all, 'aria-label': `${title}: shards done` }),
    ' ',
    span('done', text),
  ];
}

/** The manifests of a chart: from the given directory, or named as FleetCharts names them. */
function fileOf(chart: string, { plan, manifests }: PlanData): string[] {
  const name = `${plan.fleet}-${chart}`;
  if (manifests.length === 0) return [`${name}.k8s.yaml`];
  return manifests.filter((file) => file.startsWith(`${name}.`));
}
