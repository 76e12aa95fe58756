// How far a move is: the shards by state, and those that need a person.

import * as Plot from '@observablehq/plot';
import { size } from '../../migrator/report/fleet-progress';
import { goalsOf, type PoolData, type ShardData, type StatusData } from '../input/report-data';
import { count, document, el, span } from './element';
import { drawings, fragment, figure, type Width } from './figure';
import { lookOf, type Look, orderOf, stateName } from './states';

/** A shard, which a status may not have. */
export interface Seen {
  /** Its place in the pool. */
  readonly index: number;
  readonly shard: number;
  readonly facts?: ShardData;
}

export function seenIn({ shards }: PoolData, status: StatusData): Seen[] {
  return shards.map((shard, index) => ({ index, shard, facts: status.shards.get(shard) }));
}

/** How many of them the new side serves. */
export function movedOf(seen: readonly Seen[]): number {
  return seen.filter(({ facts }) => lookOf(facts).tone === 'moved').length;
}

/** Those for which somebody has to do something. */
export function needingPerson(seen: readonly Seen[]): Seen[] {
  return seen.filter(({ facts }) => lookOf(facts).remedy !== undefined);
}

export function stateSection(pool: PoolData, status: StatusData): Node {
  const seen = seenIn(pool, status);
  const needing = needingPerson(seen);
  const groups = byState(seen);
  const says = groups.map(({ name, shards }) => `${shards.length} ${name}`).join(', ');
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
    needing.length === 0 ? el('p', { class: 'all-well' }, '✓ No shard needs a person.') : personList(pool, needing),
    figure(
      'Each square is a shard, in the order of the file.',
      ...drawings((width) => squares(seen, width), `${count(seen.length, 'shard')} by state: ${says}.`),
      el(
        'ul',
        { class: 'legend states' },
        ...groups.map(({ name, look, shards }) => stateItem(name, look, shards.length)),
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
  readonly look: Look;
  readonly shards: readonly Seen[];
}

function byState(seen: readonly Seen[]): Group[] {
  const names = [...new Set(seen.map(({ facts }) => stateName(facts)))].sort((a, b) => orderOf(a) - orderOf(b));
  return names.map((name) => {
    const shards = seen.filter(({ facts }) => stateName(facts) === name);
    return { name, shards, look: lookOf(shards[0].facts) };
  });
}

function stateItem(name: string, look: Look, shards: number): Element {
  return el(
    'li',
    {},
    signOf(look),
    el('span', {}, el('b', {}, `${shards.toLocaleString('en')} ${name}`), `: ${look.meaning}`),
  );
}

/** So many shards of a kind are shown at once; the others can be opened. */
const SHOWN = 5;

/** Shards for which the same has to be done, together. */
function personList(pool: PoolData, needing: readonly Seen[]): Node {
  const kinds = new Map<string, Seen[]>();
  for (const seen of needing) {
    const kind = `${stateName(seen.facts)}: ${lookOf(seen.facts).remedy ?? ''}.`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), seen]);
  }
  return fragment(
    el('h4', {}, `${count(needing.length, 'shard')} ${needing.length === 1 ? 'needs' : 'need'} a person`),
    el('ul', { class: 'remarks' }, ...[...kinds.values()].map((alike) => personItem(pool, alike))),
  );
}

function personItem(pool: PoolData, alike: readonly Seen[]): Element {
  const [{ facts }] = alike;
  const places = alike.map((seen) => placeOf(pool, seen));
  const hidden = places.slice(SHOWN);
  const more = el('details', {}, el('summary', {}, `And ${hidden.length} more`), el('ul', {}, ...hidden));
  return el(
    'li',
    {},
    signOf(lookOf(facts)),
    el(
      'div',
      {},
      el('p', {}, el('b', {}, `${stateName(facts)}: ${count(alike.length, 'shard')}`)),
      el('p', {}, `${lookOf(facts).remedy ?? ''}.`),
      el('ul', {}, ...places.slice(0, SHOWN)),
      ...(hidden.length === 0 ? [] : [more]),
    ),
  );
}

function placeOf(facts: PoolData, { index, shard, facts: seen }: Seen): Element {
  const goal = goalsOf(facts).get(shard);
  const where = [facts.pool.servers[index].address, ...(goal === undefined ? [] : [goal])].join(' → ');
  const why = [seen?.advice, seen?.silence].filter((it) => it !== undefined).map((it) => `: ${it}`);
  return el('li', {}, `shard ${shard} `, span('place', where), ...why);
}

function signOf({ tone, sign }: Look): Element {
  return el('span', { class: `swatch ${tone}`, 'aria-hidden': 'true' }, sign);
}

/** The state with its sign. */
export function stateCell(facts: ShardData | undefined): Element {
  return el('span', { class: 'state' }, signOf(lookOf(facts)), stateName(facts));
}

/** `1.2 MiB`, or nothing where it means nothing. */
export function lagCell(facts: ShardData | undefined): string {
  return facts?.lag === undefined ? '' : size(facts.lag);
}

/** How many shards are in a row, by how many there are: counted in tens. */
function perRow(shards: number, { name }: Width): number {
  if (name === 'narrow') return shards <= 200 ? 10 : 20;
  return shards <= 200 && name === 'medium' ? 20 : 40;
}

function squares(seen: readonly Seen[], width: Width): Element {
  const inRow = perRow(seen.length, width);
  const margin = 36;
  const side = Math.min(26, (width.width - margin) / inRow);
  const rows = Math.ceil(seen.length / inRow);
  const column = ({ index }: Seen): number => index % inRow;
  const row = ({ index }: Seen): number => Math.floor(index / inRow);
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
      Plot.rect(seen, {
        x1: column,
        x2: (one: Seen) => column(one) + 1,
        y1: row,
        y2: (one: Seen) => row(one) + 1,
        inset: 1,
        r: 3,
        fill: ({ facts }: Seen) => `var(--${lookOf(facts).tone})`,
        title: ({ shard, facts }: Seen) => `shard ${shard}: ${stateName(facts)}`,
      }),
      Plot.text(seen, {
        x: (one: Seen) => column(one) + 0.5,
        y: (one: Seen) => row(one) + 0.5,
        text: ({ facts }: Seen) => lookOf(facts).sign,
        fill: ({ facts }: Seen) => `var(--on-${lookOf(facts).tone})`,
        fontWeight: 'bold',
        pointerEvents: 'none',
      }),
    ],
  });
}
