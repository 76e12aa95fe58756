// The ring as a circle: outside the arcs of all servers, inside those of the largest and of the smallest server.

import { arc } from 'd3-shape';
import { type HashRing } from '../../lib/nutcracker';
import { percent } from '../../lib/nutcracker/percent';
import { count, el, span, svg } from './element';
import { asImage, compact, figure, fragment, tooltip } from './figure';
import { type Arc, arcsOf, type Holding, holdings, sampled } from './ring-statistics';
import { type Share } from './shares';
import { dataTable } from './table';

/** The number of server colours in colours.css. */
const COLOURS = 10;
/** A ring with more arcs is sampled every half degree; finer detail would not be visible. */
const MAX_ARCS = 2400;
const SAMPLES = 720;

const SIZE = 320;
const TRACKS = { all: [112, 156], most: [92, 104], least: [74, 86] } as const;

export function ringChart(ring: HashRing, shares: readonly Share[]): Node {
  const arcs = arcsOf(ring._arcs);
  const held = holdings(arcs, shares.length);
  const drawn = arcs.length <= MAX_ARCS ? arcs : sampled(arcs, SAMPLES);
  const caption = captionOf(arcs, held, shares);
  const [most, least] = extremeServers(held);
  const image = svg(
    'svg',
    {
      viewBox: `${-SIZE / 2} ${-SIZE / 2} ${SIZE} ${SIZE}`,
      class: drawn.length < arcs.length ? 'ring sampled' : 'ring',
      width: SIZE,
      height: SIZE,
    },
    ...shares.map(({ index, name }) =>
      track(
        drawn,
        index,
        TRACKS.all,
        `server-${index % COLOURS}`,
        `${name}: ${percent(held[index].part)} of the circle`,
      ),
    ),
    ...(shares.length === 1
      ? []
      : [
          base(TRACKS.most),
          track(arcs, most, TRACKS.most, 'most', `${shares[most].name}, the largest`),
          base(TRACKS.least),
          track(arcs, least, TRACKS.least, 'least', `${shares[least].name}, the smallest`),
        ]),
    svg('text', { class: 'ring-count', y: 2 }, arcs.length.toLocaleString('en')),
    svg('text', { class: 'ring-unit', y: 22 }, arcs.length === 1 ? 'arc' : 'arcs'),
  );
  const label = `The ring of ${count(shares.length, 'server')}. ${caption}`;
  return fragment(
    figure(
      caption,
      el(
        'div',
        { class: 'chart-row' },
        asImage(compact(image, 2), label),
        legend(shares, held, drawn.length < arcs.length),
      ),
    ),
    dataTable('Arcs as a table', {
      caption: 'Arcs of each server, in the order of the file',
      columns: [
        { title: 'Server', kind: 'code' },
        { title: 'Arcs', kind: 'number' },
        { title: 'Of the circle', kind: 'number' },
        { title: 'Longest arc', kind: 'number' },
      ],
      rows: shares.map(({ name, index }) => [
        name,
        held[index].arcs.toLocaleString('en'),
        percent(held[index].part),
        percent(held[index].longest),
      ]),
    }),
  );
}

const draw = arc<Arc>()
  .startAngle(({ from }) => from * 2 * Math.PI)
  .endAngle(({ to }) => to * 2 * Math.PI);

function track(
  arcs: readonly Arc[],
  owner: number,
  [inner, outer]: readonly number[],
  className: string,
  text: string,
): Element {
  draw.innerRadius(inner).outerRadius(outer);
  const path = arcs.filter((one) => one.owner === owner).map((one) => draw(one) ?? '');
  return svg('path', { class: className, d: path.join('') }, tooltip(text));
}

function base([inner, outer]: readonly number[]): Element {
  draw.innerRadius(inner).outerRadius(outer);
  return svg('path', { class: 'base', d: draw({ owner: 0, from: 0, to: 1 }) ?? '' });
}

function extremeServers(held: readonly Holding[]): [number, number] {
  const parts = held.map(({ part }) => part);
  return [parts.indexOf(Math.max(...parts)), parts.indexOf(Math.min(...parts))];
}

function captionOf(arcs: readonly Arc[], held: readonly Holding[], shares: readonly Share[]): string {
  if (shares.length === 1) return 'The only server has the whole circle.';
  const longest = arcs.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a));
  const [most, least] = extremeServers(held);
  const partOf = (server: number): string => `${percent(held[server].part)}, in ${count(held[server].arcs, 'arc')}`;
  return (
    `A key belongs to the server whose arc its hash falls on. ${shares[most].name} has the largest part of the circle ` +
    `(${partOf(most)}), ${shares[least].name} the smallest (${partOf(least)}). The longest of ${count(arcs.length, 'arc')} ` +
    `is ${percent(longest.to - longest.from)} of the circle and belongs to ${shares[longest.owner].name}.`
  );
}

function legend(shares: readonly Share[], held: readonly Holding[], isSampled: boolean): Element {
  const item = (colour: string, ...words: (string | Element)[]): Element =>
    el('li', {}, el('span', { class: `swatch ${colour}`, 'aria-hidden': 'true' }), el('span', {}, ...words));
  const [most, least] = extremeServers(held);
  const each =
    shares.length <= COLOURS
      ? shares.map(({ name, index }) => item(`server-${index % COLOURS}`, span('code', name)))
      : [
          el(
            'li',
            {},
            el(
              'span',
              { class: 'swatches', 'aria-hidden': 'true' },
              ...Array.from({ length: COLOURS }, (_, i) => span(`swatch server-${i}`)),
            ),
            el(
              'span',
              {},
              `Outer ring: all servers, in ${COLOURS} repeating colours`,
              isSampled ? ', sampled every half degree' : '',
            ),
          ),
        ];
  return el(
    'ul',
    { class: 'legend' },
    ...each,
    ...(shares.length === 1
      ? []
      : [
          item('most', 'Middle ring: the largest share, ', span('code', shares[most].name)),
          item('least', 'Inner ring: the smallest share, ', span('code', shares[least].name)),
        ]),
  );
}
