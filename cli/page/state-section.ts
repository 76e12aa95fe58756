// The state of the migration: the shards by state, and the shards that need action.

import * as Plot from '@observablehq/plot';
import { size } from '../../migrator/report/fleet-progress';
import { newAddresses, type PoolData, type ShardData, type StatusData } from '../input/report-data';
import { count, document, el, span } from './element';
import { drawings, fragment, figure, type Width } from './figure';
import { type Display, displayOf, orderOf, stateName } from './states';

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
  const groups = byState(views);
  const summary = groups.map(({ name, shards }) => `${shards.length} ${name}`).join(', ');
  return fragment(
    el(
      'p',
      {},
      'As of ',
      el('time', { datetime: status.time }, inUtc(status.time)),
      `, from `,
      span('code', status.source),
      '.',
    ),
    needing.length === 0 ? el('p', { class: 'ok' }, '✓ No shard needs action.') : actionList(pool, needing),
    figure(
      'Each square is a shard, in the order of the file.',
      ...drawings((width) => squares(views, width), `${count(views.length, 'shard')} by state: ${summary}.`),
      el(
        'ul',
        { class: 'legend states' },
        ...groups.map(({ name, display, shards }) => stateItem(name, display, shards.length)),
      ),
    ),
  );
}

/** `2026-11-22 20:10:46 UTC` */
function inUtc(time: string): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

interface Group {
  readonly name: string;
  readonly display: Display;
  readonly shards: readonly ShardView[];
}

function byState(views: readonly ShardView[]): Group[] {
  const names = [...new Set(views.map(({ data }) => stateName(data)))].sort((a, b) => orderOf(a) - orderOf(b));
  return names.map((name) => {
    const shards = views.filter(({ data }) => stateName(data) === name);
    return { name, shards, display: displayOf(shards[0].data) };
  });
}

function stateItem(name: string, display: Display, shards: number): Element {
  return el(
    'li',
    {},
    signOf(display),
    el('span', {}, el('b', {}, `${shards.toLocaleString('en')} ${name}`), `: ${display.meaning}`),
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

function signOf({ category, sign }: Display): Element {
  return el('span', { class: `swatch ${category}`, 'aria-hidden': 'true' }, sign);
}

/** The state with its sign. */
export function stateCell(data: ShardData | undefined): Element {
  return el('span', { class: 'state' }, signOf(displayOf(data)), stateName(data));
}

/** `1.2 MiB`; empty for a shard without a lag. */
export function lagCell(data: ShardData | undefined): string {
  return data?.lag === undefined ? '' : size(data.lag);
}

/** The number of squares in a row: a multiple of ten. */
function perRow(shards: number, { name }: Width): number {
  if (name === 'narrow') return shards <= 200 ? 10 : 20;
  return shards <= 200 && name === 'medium' ? 20 : 40;
}

function squares(views: readonly ShardView[], width: Width): Element {
  const inRow = perRow(views.length, width);
  const margin = 36;
  const side = Math.min(26, (width.width - margin) / inRow);
  const rows = Math.ceil(views.length / inRow);
  const column = ({ index }: ShardView): number => index % inRow;
  const row = ({ index }: ShardView): number => Math.floor(index / inRow);
  return Plot.plot({
    document,
    width: width.width,
    height: rows * side + 2,
    margin: 0,
    style: { fontSize: '12px' },
    x: { axis: null, domain: [0, inRow], range: [margin, margin + inRow * side] },
    y: { axis: null, domain: [0, rows], range: [0, rows * side] },
    marks: [
      Plot.text(
        Array.from({ length: rows }, (_, i) => i),
        {
          x: 0,
          y: (i: number) => i + 0.5,
          dx: -8,
          text: (i: number) => String(i * inRow),
          textAnchor: 'end',
        },
      ),
      Plot.rect(views, {
        x1: column,
        x2: (view: ShardView) => column(view) + 1,
        y1: row,
        y2: (view: ShardView) => row(view) + 1,
        inset: 1,
        r: 3,
        fill: ({ data }: ShardView) => `var(--${displayOf(data).category})`,
        title: ({ shard, data }: ShardView) => `shard ${shard}: ${stateName(data)}`,
      }),
      Plot.text(views, {
        x: (view: ShardView) => column(view) + 0.5,
        y: (view: ShardView) => row(view) + 0.5,
        text: ({ data }: ShardView) => displayOf(data).sign,
        fill: ({ data }: ShardView) => `var(--on-${displayOf(data).category})`,
        fontWeight: 'bold',
        pointerEvents: 'none',
      }),
    ],
  });
}
