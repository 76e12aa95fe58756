// The section of a pool: key figures, then one part per topic.

import { Distribution } from '../../lib/nutcracker/algorithms';
import { type PoolData } from '../input/report-data';
import { capacitySection } from './capacity-section';
import { type Child, el, span } from './element';
import { findingCounts, findingsSection } from './findings-section';
import { ringChart } from './ring-chart';
import { type FailoverCounts, failoverCounts, replicasSection } from './replicas-section';
import { serversSection } from './servers-section';
import { shareChart } from './share-chart';
import { extremes, type Share, sharesOf, times, timesFair } from './shares';
import { lagCell, movedCount, needingAction, shardViews, stateSection } from './state-section';
import { stepsSection } from './steps-section';
import { tile } from './tile';

/** A part of the page that the table of contents links to. */
export interface Part {
  readonly id: string;
  readonly title: string;
  readonly content: Child;
}

export function partsOf(data: PoolData, id: string): Part[] {
  const { plan, status, failover, capacity, ring } = data;
  const shares = ring === undefined ? [] : sharesOf(ring);
  return [
    ...(status ? [{ id: `${id}-state`, title: 'State of the migration', content: stateSection(data, status) }] : []),
    ...(failover
      ? [{ id: `${id}-replicas`, title: 'Masters and replicas', content: replicasSection(data, failover) }]
      : []),
    ...(capacity ? [{ id: `${id}-capacity`, title: 'Capacity', content: capacitySection(data, capacity) }] : []),
    { id: `${id}-findings`, title: 'Warnings and notes', content: findingsSection(data) },
    { id: `${id}-shares`, title: 'Key shares', content: shares.length === 0 ? noShares() : shareChart(shares) },
    { id: `${id}-ring`, title: 'The ring', content: ringOf(data, shares) },
    {
      id: `${id}-shards`,
      title: (plan ?? status) ? 'Shards' : 'Servers',
      content: serversSection(data, shares),
    },
    ...(plan ? [{ id: `${id}-steps`, title: 'Steps of the migration', content: stepsSection(data, plan) }] : []),
  ];
}

function noShares(): Element {
  return el('p', {}, 'None: with distribution: random, each command goes to a random server.');
}

function ringOf({ pool, ring }: PoolData, shares: readonly Share[]): Node {
  if (ring === undefined) return el('p', {}, 'None: the distribution is random.');
  if (pool.distribution === Distribution.KETAMA) return ringChart(ring, shares);
  return el(
    'p',
    {},
    'No arcs: with distribution: modula, the server is the hash modulo the sum of the weights. ' +
      'Adding or removing one server remaps nearly every key.',
  );
}

/** The settings of the pool, and its key figures. */
export function poolHead(data: PoolData): Element {
  const { pool } = data;
  const settings = [
    ['hash', pool.hash],
    ['distribution', pool.distribution],
    ...(pool.hashTag === undefined ? [] : [['hash_tag', pool.hashTag]]),
    ['listen', pool.listen],
  ];
  return el(
    'div',
    {},
    el(
      'p',
      { class: 'settings' },
      ...settings.map(([name, value]) => el('span', {}, `${name}: `, span('code', value))),
    ),
    el('dl', { class: 'tiles' }, ...tiles(data)),
  );
}

function tiles(data: PoolData): Element[] {
  const { pool, plan, ring, status, failover, warnings } = data;
  const { most, least } = ring === undefined ? {} : extremes(sharesOf(ring));
  const shards = status && shardViews(data, status);
  const needing = shards && needingAction(shards);
  return [
    tile(
      'Servers',
      pool.servers.length.toLocaleString('en'),
      plan === undefined ? 'in the pool' : `to move to ${plan.plan.fleet}`,
    ),
    ...(most && least
      ? [tile('Range of shares', `${timesFair(least).toFixed(2)}–${times(timesFair(most))}`, 'of a fair share')]
      : []),
    tile('Warnings', String(warnings.length), findingCounts(data), warnings.length > 0 ? 'warning' : 'moved'),
    ...(shards
      ? [
          tile(
            'Moved',
            `${movedCount(shards).toLocaleString('en')} of ${shards.length.toLocaleString('en')}`,
            'served by new servers',
          ),
        ]
      : []),
    ...(needing
      ? [
          tile(
            'Need action',
            needing.length.toLocaleString('en'),
            needing.length === 0 ? 'nothing to do' : 'see below',
            needing.length > 0 ? 'action' : 'moved',
          ),
        ]
      : []),
    ...(failover ? failoverTiles(failoverCounts(data, failover)) : []),
    ...(status ? lagTile([...status.shards].filter(([shard]) => data.shards.includes(shard))) : []),
  ];
}

function failoverTiles({ shards, canFailOver, withoutMaster }: FailoverCounts): Element[] {
  return [
    tile(
      'Can fail over',
      `${canFailOver.toLocaleString('en')} of ${shards.toLocaleString('en')}`,
      'if the master fails now',
      canFailOver < shards ? 'action' : 'moved',
    ),
    tile(
      'No single master',
      withoutMaster.toLocaleString('en'),
      withoutMaster === 0 ? 'nothing to do' : 'see below',
      withoutMaster > 0 ? 'action' : 'moved',
    ),
  ];
}

function lagTile(shards: readonly (readonly [number, { readonly lag?: number }])[]): Element[] {
  const replicas = shards
    .filter(([, { lag }]) => lag !== undefined)
    .sort(([, a], [, b]) => (b.lag ?? 0) - (a.lag ?? 0));
  if (replicas.length === 0) return [];
  const [shard, { lag }] = replicas[0];
  return [tile('Largest lag', lagCell({ lag, isHeld: false }), lag === 0 ? 'of all replicas' : `shard ${shard}`)];
}
