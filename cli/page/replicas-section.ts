// Where the master of each shard is, which server could take over, and what is wrong; the shards with problems first.

import { size } from '../../migrator/report/fleet-progress';
import { type FailoverData, type PoolData, type ReplicatedData } from '../input/report-data';
import { type Child, count, el } from './element';
import { canFailOver, failoverDisplay, failoverOrderOf, failoverStateName, namingMaster } from './failover-states';
import { fragment } from './figure';
import { asOf, namedState, statusFigure } from './status-figure';
import { type Column, table } from './table';

/** A shard of the pool, and its data in the status. */
interface View {
  readonly shard: number;
  /** Undefined if the status does not have the shard. */
  readonly data?: ReplicatedData;
}

/** How many shards of a pool could fail over now, and how many have no master, or two. */
export interface FailoverCounts {
  readonly shards: number;
  readonly canFailOver: number;
  readonly withoutMaster: number;
  /** Those whose state is not known. */
  readonly unknown: number;
}

export function failoverCounts(pool: PoolData, failover: FailoverData): FailoverCounts {
  const all = viewsOf(pool, failover);
  const isKnown = ({ data }: View): boolean => data?.state !== undefined;
  return {
    shards: all.length,
    canFailOver: all.filter(({ data }) => canFailOver(data)).length,
    withoutMaster: all.filter((view) => isKnown(view) && view.data?.master === undefined).length,
    unknown: all.filter((view) => !isKnown(view)).length,
  };
}

function viewsOf({ shards }: PoolData, failover: FailoverData): View[] {
  return shards.map((shard) => ({ shard, data: failover.shards.get(shard) }));
}

export function replicasSection(pool: PoolData, failover: FailoverData): Node {
  const views = viewsOf(pool, failover);
  const squares = views.map(({ shard, data }) => ({
    shard,
    name: failoverStateName(data),
    display: failoverDisplay(data),
  }));
  return fragment(
    asOf(failover),
    summary(failoverCounts(pool, failover)),
    statusFigure(squares, failoverOrderOf),
    table({
      caption: 'Masters and replicas, shards with problems first',
      columns: COLUMNS,
      rows: byUrgency(views).map((view) => COLUMNS.map(({ cell }) => cell(view))),
      canFilter: true,
    }),
  );
}

function summary({ shards, canFailOver: able, withoutMaster, unknown }: FailoverCounts): Element {
  if (able === shards) return el('p', { class: 'ok' }, `✓ ${count(shards, 'shard')} could fail over now.`);
  const parts = [
    `${able.toLocaleString('en')} of ${count(shards, 'shard')} could fail over now`,
    ...(withoutMaster === 0 ? [] : [`${withoutMaster.toLocaleString('en')} without a master, or with two`]),
    ...(unknown === 0 ? [] : [`${unknown.toLocaleString('en')} of unknown state`]),
  ];
  return el('p', {}, el('b', {}, `${parts.join('; ')}.`));
}

/** By state, and within a state those with a problem first. */
function byUrgency(views: readonly View[]): View[] {
  const order = ({ data }: View): number =>
    2 * failoverOrderOf(failoverStateName(data)) + (data !== undefined && data.problems.length > 0 ? 0 : 1);
  return [...views].sort((a, b) => order(a) - order(b));
}

interface CellColumn extends Column {
  readonly cell: (view: View) => Child;
}

const COLUMNS: readonly CellColumn[] = [
  { title: 'Shard', cell: ({ shard }) => String(shard) },
  { title: 'State', cell: ({ data }) => namedState(failoverStateName(data), failoverDisplay(data)) },
  { title: 'Problem and remedy', kind: 'text', cell: ({ data }) => problems(data) },
  { title: 'Master', kind: 'code', cell: ({ data }) => server(data, data?.master) },
  { title: 'Can take over', kind: 'code', cell: ({ data }) => server(data, data?.successor) },
  { title: 'Lag', kind: 'number', cell: ({ data }) => (data?.lag === undefined ? '' : size(data.lag)) },
  { title: 'Keys', kind: 'number', cell: ({ data }) => data?.keys?.toLocaleString('en') ?? '' },
  { title: 'Sentinels', kind: 'number', cell: ({ data }) => votes(data) },
];

/** `b unit-1-shard-0-b`, the Service without its domain; `none` if there is no such server. */
function server(data: ReplicatedData | undefined, side: 'a' | 'b' | undefined): string {
  if (data?.state === undefined) return '';
  if (side === undefined) return 'none';
  const address = data[side] ?? '';
  return `${side} ${/^[\d.]+:/.test(address) ? address : address.split('.')[0]}`;
}

/** How many Sentinels name the master. */
function votes(data: ReplicatedData | undefined): string {
  return data?.master === undefined ? '' : `${namingMaster(data)} of ${data.votes.length}`;
}

function problems(data: ReplicatedData | undefined): Node {
  return fragment(...(data?.problems ?? []).map((problem) => el('div', {}, problem)));
}
