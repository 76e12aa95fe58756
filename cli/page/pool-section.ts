// One pool: figures on top, and a section for each thing that there is to see.

import { Distribution } from '../../lib/nutcracker/algorithms';
import { type PoolData } from '../input/report-data';
import { type Child, el, span } from './element';
import { remarksInWords, remarksSection } from './remarks-section';
import { ringChart } from './ring-chart';
import { serversSection } from './servers-section';
import { shareChart } from './share-chart';
import { extremes, type Share, sharesOf, times, timesFair } from './shares';
import { lagCell, movedOf, needingPerson, seenIn, stateSection } from './state-section';
import { stepsSection } from './steps-section';

/** A part of the page, to which links lead. */
export interface Part {
  readonly id: string;
  readonly title: string;
  readonly content: Child;
}

export function partsOf(facts: PoolData, id: string): Part[] {
  const { plan, status, ring } = facts;
  const shares = ring === undefined ? [] : sharesOf(ring);
  return [
    ...(status ? [{ id: `${id}-state`, title: 'State of the move', content: stateSection(facts, status) }] : []),
    { id: `${id}-remarks`, title: 'Warnings and notes', content: remarksSection(facts) },
    { id: `${id}-shares`, title: 'Key shares', content: shares.length === 0 ? NO_SHARES() : shareChart(shares) },
    { id: `${id}-ring`, title: 'The ring', content: ringOf(facts, shares) },
    {
      id: `${id}-shards`,
      title: (plan ?? status) ? 'Where each shard goes' : 'Servers',
      content: serversSection(facts, shares),
    },
    ...(plan ? [{ id: `${id}-steps`, title: 'Steps of the move', content: stepsSection(facts, plan) }] : []),
  ];
}

const NO_SHARES = (): Element =>
  el(
    'p',
    {},
    'None to show: with the distribution random a key is written to any server, and looked for on any other.',
  );

function ringOf({ pool, ring }: PoolData, shares: readonly Share[]): Node {
  if (ring === undefined) return el('p', {}, 'There is none: the distribution is random.');
  if (pool.distribution === Distribution.KETAMA) return ringChart(ring, shares);
  return el(
    'p',
    {},
    'There are no arcs: with the distribution modula, the server is the hash modulo the sum of the weights. ' +
      'One server more or less, and nearly every key is looked for elsewhere.',
  );
}

/** What the pool is, and the figures that matter most. */
export function poolHead(facts: PoolData): Element {
  const { pool } = facts;
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
    el('dl', { class: 'tiles' }, ...tiles(facts)),
  );
}

function tiles(facts: PoolData): Element[] {
  const { pool, plan, ring, status, warnings } = facts;
  const { most, least } = ring === undefined ? {} : extremes(sharesOf(ring));
  const seen = status && seenIn(facts, status);
  const needing = seen && needingPerson(seen);
  return [
    tile(
      'Servers',
      pool.servers.length.toLocaleString('en'),
      plan === undefined ? 'in the pool' : `to move to ${plan.plan.fleet}`,
    ),
    ...(most && least
      ? [tile('Uneven shares', `${timesFair(least).toFixed(2)}–${times(timesFair(most))}`, 'of a fair share')]
      : []),
    tile('Warnings', String(warnings.length), remarksInWords(facts), warnings.length > 0 ? 'warning' : 'moved'),
    ...(seen
      ? [
          tile(
            'Moved',
            `${movedOf(seen).toLocaleString('en')} of ${seen.length.toLocaleString('en')}`,
            'served by the new side',
          ),
        ]
      : []),
    ...(needing
      ? [
          tile(
            'Need a person',
            needing.length.toLocaleString('en'),
            needing.length === 0 ? 'nothing to do' : 'see below',
            needing.length > 0 ? 'person' : 'moved',
          ),
        ]
      : []),
    ...(status ? lagTile([...status.shards].filter(([shard]) => facts.shards.includes(shard))) : []),
  ];
}

function lagTile(shards: readonly (readonly [number, { readonly lag?: number }])[]): Element[] {
  const behind = shards.filter(([, { lag }]) => lag !== undefined).sort(([, a], [, b]) => (b.lag ?? 0) - (a.lag ?? 0));
  if (behind.length === 0) return [];
  const [shard, facts] = behind[0];
  return [
    tile(
      'Largest lag',
      lagCell({ ...facts, isHeld: false }),
      facts.lag === 0 ? 'of those that follow' : `shard ${shard}`,
    ),
  ];
}

function tile(title: string, figure: string, says: string, tone?: string): Element {
  return el(
    'div',
    { class: tone === undefined ? 'tile' : `tile tone-${tone}` },
    el('dt', {}, title),
    el('dd', { class: 'figure' }, figure),
    el('dd', {}, says),
  );
}
