// The state of the migration: the shards by state, and the shards that need action.

import { size } from '../../migrator/report/fleet-progress';
import { newAddresses, type PoolData, type ShardData, type StatusData } from '../input/report-data';
import { count, el, span } from './element';
import { fragment } from './figure';
import { displayOf, orderOf, stateName } from './states';
import { asOf, namedState, signOf, statusFigure } from './status-figure';

/** A shard of the pool, and its data in the status. */
export interface ShardView {
  /** The index of its server in the pool. */
  readonly index: number;
  readonly shard: number;
  /** Undefined if the status does not have the shard. */
  readonly data?: ShardData;
}

export function shardViews({ shards }: PoolData, status: StatusData): ShardView[] {
  return shards.map((shard, index) => ({ index, shard, data: status.shards.get(shard) }));
}

/** The number of shards served by new servers. */
export function movedCount(shards: readonly ShardView[]): number {
  return shards.filter(({ data }) => displayOf(data).category === 'moved').length;
}

/** The shards for which an operator has to do something. */
export function needingAction(shards: readonly ShardView[]): ShardView[] {
  return shards.filter(({ data }) => displayOf(data).remedy !== undefined);
}

export function stateSection(pool: PoolData, status: StatusData): Node {
  const views = shardViews(pool, status);
  const needing = needingAction(views);
  return fragment(
    asOf(status),
    needing.length === 0 ? el('p', { class: 'ok' }, '✓ No shard needs action.') : actionList(pool, needing),
    statusFigure(
      views.map(({ shard, data }) => ({ shard, name: stateName(data), display: displayOf(data) })),
      orderOf,
    ),
  );
}

/** The number of shards listed for each action; the others are folded. */
const SHOWN = 5;

/** The shards that need action, grouped by action. */
function actionList(pool: PoolData, needing: readonly ShardView[]): Node {
  const groups = new Map<string, ShardView[]>();
  for (const view of needing) {
    const action = `${stateName(view.data)}: ${displayOf(view.data).remedy ?? ''}.`;
    groups.set(action, [...(groups.get(action) ?? []), view]);
  }
  return fragment(
    el('h4', {}, `${count(needing.length, 'shard')} ${needing.length === 1 ? 'needs' : 'need'} action`),
    el('ul', { class: 'findings' }, ...[...groups.values()].map((group) => actionItem(pool, group))),
  );
}

function actionItem(pool: PoolData, group: readonly ShardView[]): Element {
  const [{ data }] = group;
  const items = group.map((view) => shardItem(pool, view));
  const hidden = items.slice(SHOWN);
  const more = el('details', {}, el('summary', {}, `And ${hidden.length} more`), el('ul', {}, ...hidden));
  return el(
    'li',
    {},
    signOf(displayOf(data)),
    el(
      'div',
      {},
      el('p', {}, el('b', {}, `${stateName(data)}: ${count(group.length, 'shard')}`)),
      el('p', {}, `${displayOf(data).remedy ?? ''}.`),
      el('ul', {}, ...items.slice(0, SHOWN)),
      ...(hidden.length === 0 ? [] : [more]),
    ),
  );
}

function shardItem(pool: PoolData, { index, shard, data }: ShardView): Element {
  const newAddress = newAddresses(pool).get(shard);
  const addresses = [pool.pool.servers[index].address, ...(newAddress === undefined ? [] : [newAddress])].join(' → ');
  const details = [data?.advice, data?.silence].filter((it) => it !== undefined).map((it) => `: ${it}`);
  return el('li', {}, `shard ${shard} `, span('location', addresses), ...details);
}

/** The state with its sign. */
export function stateCell(data: ShardData | undefined): Element {
  return namedState(stateName(data), displayOf(data));
}

/** `1.2 MiB`; empty for a shard without a lag. */
export function lagCell(data: ShardData | undefined): string {
  return data?.lag === undefined ? '' : size(data.lag);
}
