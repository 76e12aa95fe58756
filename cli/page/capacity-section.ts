// What the shards of a pool need: memory, nodes, storage, and how long that is enough; the shards that are full first.

import { instanceOf } from '../../lib/nutcracker/fleet-shards';
import { size } from '../../migrator/report/fleet-progress';
import { type CapacityData, type PoolData, type ShardCapacity } from '../input/report-data';
import { quantityOf, sizeCode } from '../output/quantity';
import { capacityChart, type Measured } from './capacity-chart';
import { count, el, span } from './element';
import { fragment } from './figure';
import { type Column, table } from './table';
import { tile } from './tile';

export function capacitySection(data: PoolData, capacity: CapacityData): Node {
  const { all, fleet, source } = capacity;
  const shards = measuredShards(data, capacity);
  const columns = shards.some(({ growth }) => growth !== undefined) ? [...COLUMNS, ...GROWTH_COLUMNS] : COLUMNS;
  return fragment(
    el('p', {}, 'From ', span('code', source), '. Nodes and storage are for all fleets in it.'),
    el('dl', { class: 'tiles' }, ...tiles(shards, capacity)),
    ...(all.problems.length === 0
      ? [el('p', { class: 'ok' }, '✓ Everything fits.')]
      : [el('ul', { class: 'findings' }, ...all.problems.map(problemItem))]),
    el('p', {}, 'For ', span('code', 'main.ts'), ': ', span('code', propsOf(fleet)), '.'),
    capacityChart(shards, fleet.proposal.memory),
    table({
      caption: 'Memory and storage of the shards, those that are full first',
      columns,
      rows: byUrgency(shards).map((shard) => columns.map(({ cell }) => cell(shard))),
      canFilter: true,
    }),
  );
}

/** The shards of the pool, in the order of the file. */
function measuredShards({ pool, shards }: PoolData, { fleet }: CapacityData): Measured[] {
  const { maxmemory, maxmemoryOfShard, tooLarge } = fleet.proposal;
  const own = new Map(Object.entries(maxmemoryOfShard));
  const byInstance = new Map(fleet.shards.map((shard) => [instanceOf(shard.address), shard]));
  return pool.servers.flatMap(({ address }, i) => {
    const shard = byInstance.get(instanceOf(address));
    if (shard === undefined) return [];
    const proposed = own.get(String(shard.shard)) ?? maxmemory;
    // The plan may number the shards otherwise.
    return [{ ...shard, shard: shards[i], proposed, isTooLarge: tooLarge.includes(shard.shard) }];
  });
}

function tiles(shards: readonly Measured[], { all, fleet }: CapacityData): Element[] {
  const { nodes, storage, options } = all;
  const { memory, maxmemory, maxmemoryOfShard } = fleet.proposal;
  const others = Object.keys(maxmemoryOfShard).length;
  const [first] = byDays(shards);
  const days = daysOf(first);
  const lost =
    (options.zones ?? 1) > 1 ? `of ${count(options.zones ?? 1, 'zone')}, one may be lost` : 'one may be lost';
  return [
    tile('Memory of a shard', size(memory), 'proposed: request and limit'),
    tile('maxmemory', size(maxmemory), others === 0 ? 'of each shard' : `but for ${count(others, 'shard')}`),
    ...(nodes === undefined || options.nodeMemory === undefined
      ? []
      : [tile(`Nodes with ${size(options.nodeMemory)}`, nodes.toLocaleString('en'), lost)]),
    tile('Storage', limit(storage), options.storage === undefined ? 'at most' : `of ${size(options.storage)}`),
    ...(Number.isFinite(days)
      ? [
          tile(
            'Full in',
            count(Math.floor(days), 'day'),
            `shard ${first.shard} first`,
            days < SOON ? 'action' : undefined,
          ),
        ]
      : []),
  ];
}

/** An AOF that is never rewritten has none. */
function limit(bytes: number | null): string {
  return bytes === null ? 'no limit' : size(bytes);
}

/** Enough time to move a shard to another node, or to buy one. */
const SOON = 30;

/** With its present maxmemory. */
function daysOf({ growth }: ShardCapacity): number {
  return growth?.daysUntilFull ?? Infinity;
}

function byDays(shards: readonly Measured[]): Measured[] {
  return [...shards].sort((a, b) => compare(daysOf(a), daysOf(b)));
}

/** Infinity minus itself is not a number. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Those that do not fit, then those that are full first, then the largest. */
function byUrgency(shards: readonly Measured[]): Measured[] {
  return [...shards].sort(
    (a, b) =>
      Number(b.isTooLarge) - Number(a.isTooLarge) || compare(daysOf(a), daysOf(b)) || b.needs.memory - a.needs.memory,
  );
}

function problemItem(problem: string): Element {
  return el(
    'li',
    { class: 'warning' },
    el('span', { class: 'swatch warning', 'aria-hidden': 'true' }, '!'),
    el('div', {}, el('p', { class: 'finding-head' }, el('b', {}, 'does not fit')), el('p', {}, problem)),
  );
}

function propsOf({ proposal: { memory, maxmemory, maxmemoryOfShard } }: CapacityData['fleet']): string {
  const code = (bytes: number): string => sizeCode(quantityOf(BigInt(Math.ceil(bytes))));
  const own = Object.entries(maxmemoryOfShard).map(([shard, bytes]) => `${shard}: ${code(bytes)}`);
  const ofShards = own.length === 0 ? '' : `, maxmemoryOfShard: { ${own.join(', ')} }`;
  return `redis: { memory: ${code(memory)}, maxmemory: ${code(maxmemory)}${ofShards} }`;
}

interface CellColumn extends Column {
  readonly cell: (shard: Measured) => string;
}

const COLUMNS: readonly CellColumn[] = [
  { title: 'Shard', cell: ({ shard }) => String(shard) },
  { title: 'Address', kind: 'code', cell: ({ address }) => address },
  { title: 'Used', kind: 'number', cell: ({ used }) => size(used) },
  { title: 'Peak', kind: 'number', cell: ({ peak }) => size(peak) },
  { title: 'maxmemory', kind: 'number', cell: ({ maxmemory }) => (maxmemory === undefined ? 'none' : size(maxmemory)) },
  { title: 'Proposed', kind: 'number', cell: ({ proposed }) => size(proposed) },
  {
    title: 'Memory needed',
    kind: 'number',
    cell: ({ needs, isTooLarge }) => `${size(needs.memory)}${isTooLarge ? ' (too much)' : ''}`,
  },
  { title: 'Storage', kind: 'number', cell: ({ needs }) => limit(needs.disk) },
];

const days = (number?: number): string => (number === undefined ? '–' : Math.floor(number).toLocaleString('en'));

const GROWTH_COLUMNS: readonly CellColumn[] = [
  { title: 'Growth a day', kind: 'number', cell: ({ growth }) => growthOf(growth?.bytesPerDay) },
  { title: 'Days until full', kind: 'number', cell: ({ growth }) => days(growth?.daysUntilFull) },
  { title: 'as proposed', kind: 'number', cell: ({ growth }) => days(growth?.daysUntilProposalIsFull) },
];

function growthOf(bytes?: number): string {
  if (bytes === undefined) return 'unknown';
  return `${bytes < 0 ? '-' : ''}${size(Math.round(Math.abs(bytes)))}`;
}
