// The steps of the move, as the runbook numbers them: what each does, and its files.

import { type PlanData, type PoolData } from '../input/report-data';
import { type Child, el, span } from './element';
import { fragment } from './figure';
import { lookOf } from './states';
import { movedOf, seenIn, type Seen } from './state-section';

interface Step {
  readonly title: string;
  readonly says: string;
  /** Its charts. */
  readonly charts: readonly string[];
  /** How many of the shards are where it takes them. */
  readonly done?: (seen: readonly Seen[]) => number;
}

const STEPS: readonly Step[] = [
  {
    title: 'Storage and shards',
    says: 'The new shards come up, empty. The old fleet notices nothing.',
    charts: ['00-namespace', '10-network-policies', '20-storage', '30-redis'],
  },
  {
    title: 'Proxies and bridge',
    says: 'New proxies reach every shard where it is: on the old servers still.',
    charts: ['40-twemproxy', '45-plan', '46-migrator'],
  },
  {
    title: 'The applications',
    says: 'They are pointed at the new proxies, one by one. No data has moved.',
    charts: [],
  },
  { title: 'Preflight', says: 'Looks for whatever could keep the move from going well.', charts: ['50-preflight'] },
  {
    title: 'Sync',
    says: 'Every new shard follows its old server, until it has everything.',
    charts: ['60-sync'],
    done: (seen) => movedOf(seen) + seen.filter(({ facts }) => lookOf(facts).tone === 'ready').length,
  },
  { title: 'Verify', says: 'Old and new are compared.', charts: ['70-verify'] },
  {
    title: 'Cutover',
    says: 'Started by a person. Shard after shard changes over, and is out for a fraction of a second.',
    charts: ['80-cutover'],
    done: movedOf,
  },
  {
    title: 'Without the bridge',
    says: 'The phase MOVED in main.ts, and a synth: the proxies talk to the shards directly.',
    charts: [],
  },
];

const ANY_TIME: readonly Step[] = [
  { title: 'Where every shard stands', says: 'At any time from step 2 on.', charts: ['55-status'] },
  {
    title: 'Going back',
    says: 'At any time up to step 8; after a cutover, only without what was written since, unless the old servers follow.',
    charts: ['90-rollback'],
  },
];

export function stepsSection(facts: PoolData, plan: PlanData): Node {
  const seen = facts.status && seenIn(facts, facts.status);
  return fragment(
    el('p', {}, 'In full, with every command: ', span('code', `${plan.plan.fleet}.RUNBOOK.md`), '.'),
    el('ol', { class: 'steps' }, ...STEPS.map((step) => item(step, plan, seen))),
    el('ul', { class: 'steps' }, ...ANY_TIME.map((step) => item(step, plan))),
  );
}

function item({ title, says, charts, done }: Step, plan: PlanData, seen?: readonly Seen[]): Element {
  const files = charts.flatMap((chart) => fileOf(chart, plan));
  return el(
    'li',
    {},
    el('b', {}, title),
    ...(seen && done ? progress(done(seen), seen.length, title) : []),
    el('p', {}, says),
    ...(files.length === 0 ? [] : [el('p', { class: 'files' }, ...files.flatMap((file) => [span('code', file), ' ']))]),
  );
}

function progress(done: number, all: number, title: string): Child[] {
  const says = `${done.toLocaleString('en')} of ${all.toLocaleString('en')} shards`;
  return [
    ' ',
    el('progress', { value: done, max: all, 'aria-label': `${title}: shards done` }),
    ' ',
    span('done', says),
  ];
}

/** As it is called in the directory that was given, or else as FleetCharts calls it. */
function fileOf(chart: string, { plan, manifests }: PlanData): string[] {
  const name = `${plan.fleet}-${chart}`;
  if (manifests.length === 0) return [`${name}.k8s.yaml`];
  return manifests.filter((file) => file.startsWith(`${name}.`));
}
