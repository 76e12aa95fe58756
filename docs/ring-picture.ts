// Draws docs/ring.svg from the rings themselves: npx tsx docs/ring-picture.ts

import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { HashRing, HashType, NutcrackerPool, NutcrackerServer } from '../lib/nutcracker';
import { arcAt } from '../lib/nutcracker/arcs';

const KEYS = Array.from({ length: 150 }, (_, i) => Buffer.from(`key:${i}`));
const SERVERS = Array.from(
  { length: 108 },
  (_, i) => new NutcrackerServer({ address: `10.0.0.${i}:6379`, name: `server${i}` }),
);

/** Colors that stand out on white and on black. */
const INK = '#768390';
const FNV = '#d9782d';
const MURMUR = '#3f8fd2';
const ARCS = ['#76839020', '#76839048'];

const LEFT = 30;
const WIDTH = 900;

function ringOf(hash: HashType): HashRing {
  return HashRing.of(new NutcrackerPool({ name: 'alpha', listen: '127.0.0.1:22121', servers: SERVERS, hash }));
}

export function drawRing(): string {
  const fnv = ringOf(HashType.FNV1A_64);
  const murmur = ringOf(HashType.MURMUR);
  const tens = positions(fnv).slice(10, 100);
  const margin = 150_000;
  const zoomed: Span = { from: Math.min(...tens) - margin, to: Math.max(...tens) + margin };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 650" font-family="sans-serif" font-size="13" fill="${INK}">`,
    heading(LEFT, 24, 'The circle of 2³² positions, unrolled, and on it the keys key:0 to key:149'),
    ...keysOnCircle(40, murmur, MURMUR),
    ...keysOnCircle(90, fnv, FNV),
    ...nameGroups(106, fnv),
    magnifier(126, 180, zoomed),
    heading(LEFT + 130, 172, `key:10 to key:99 with fnv1a_64, magnified ${magnification(zoomed)} times`),
    ...keysOnArcs(180, fnv, zoomed),
    heading(LEFT, 300, 'The same as bars, one for each of the 108 servers'),
    ...bars(
      315,
      'share of the circle',
      fnv.keyShare().map(({ share }) => share * SERVERS.length),
      INK,
      sharesNote,
    ),
    ...bars(430, 'keys with murmur', keysOfServers(murmur), MURMUR, keysNote),
    ...bars(545, 'keys with fnv1a_64', keysOfServers(fnv), FNV, keysNote),
    '</svg>\n',
  ].join('\n');
}

/** Positions on the circle, including both ends. */
interface Span {
  readonly from: number;
  readonly to: number;
}

const CIRCLE: Span = { from: 0, to: 2 ** 32 - 1 };

function magnification({ from, to }: Span): string {
  return Math.round((CIRCLE.to - CIRCLE.from) / (to - from))
    .toLocaleString('en')
    .replace(',', ' ');
}

function x(position: number, { from, to }: Span): number {
  return round(LEFT + ((position - from) / (to - from)) * WIDTH);
}

function positions(ring: HashRing): number[] {
  return KEYS.map((key) => ring._hash.hash(key, 0, key.length) >>> 0);
}

function keysOfServers(ring: HashRing): number[] {
  const counts = SERVERS.map(() => 0);
  for (const key of KEYS) counts[ring._indexOf(key)]++;
  return counts;
}

function keysOnCircle(top: number, ring: HashRing, colour: string): string[] {
  const line = top + 34;
  return [
    text(LEFT, top + 8, ring.pool.hash, 'start', colour),
    `<path d="M${LEFT} ${line}h${WIDTH}" stroke="${INK}"/>`,
    ticks(
      positions(ring).map((position) => x(position, CIRCLE)),
      line - 16,
      16,
      colour,
    ),
  ];
}

/** Labels for the groups of keys that differ only in their last digits. */
function nameGroups(y: number, ring: HashRing): string[] {
  const at = positions(ring);
  return [0, 10, 100].map((first, i) => {
    const last = [9, 99, 149][i];
    return text(x(at[first], CIRCLE) + 6, y, `key:${first} to key:${last}`, 'start', FNV);
  });
}

/** Two lines from a span on the circle to its magnified copy. */
function magnifier(top: number, bottom: number, span: Span): string {
  const [from, to] = [x(span.from, CIRCLE), x(span.to, CIRCLE)];
  const lines = `M${from} ${top}L${LEFT} ${bottom}M${to} ${top}L${LEFT + WIDTH} ${bottom}`;
  return `<path d="${lines}" stroke="${INK}" stroke-dasharray="2 4"/>`;
}

function keysOnArcs(top: number, ring: HashRing, span: Span): string[] {
  const { lasts, owners } = ring._arcs;
  const arcs: string[] = [];
  for (let i = arcAt(lasts, span.from); lasts[i - 1] < span.to; i++) {
    const left = x(Math.max(lasts[i - 1], span.from), span);
    const right = x(Math.min(lasts[i], span.to), span);
    arcs.push(`<rect x="${left}" y="${top + 48}" width="${round(right - left)}" height="34" fill="${ARCS[i % 2]}"/>`);
    arcs.push(text(round((left + right) / 2), top + 70, SERVERS[owners[i]].ringName, 'middle', INK, 10));
  }
  const inTens = positions(ring).slice(10, 100);
  const labels = Array.from({ length: 9 }, (_, i) => {
    const middle = x(inTens[i * 10 + 5], span);
    return text(middle, top + 24, `${i + 1}0 to ${i + 1}9`, 'middle', FNV, 11);
  });
  return [
    ...arcs,
    ...labels,
    ticks(
      inTens.map((position) => x(position, span)),
      top + 30,
      18,
      FNV,
    ),
  ];
}

function bars(top: number, what: string, heights: readonly number[], colour: string, note: Note): string[] {
  const height = 70;
  const step = WIDTH / heights.length;
  const highest = Math.max(...heights);
  const rects = heights.map((of, i) => {
    const tall = round((of / highest) * height);
    return `<rect x="${round(LEFT + i * step)}" y="${round(top + 20 + height - tall)}" width="${round(step - 2)}" height="${tall}"/>`;
  });
  return [
    text(LEFT, top + 8, `${what}: ${note(heights)}`, 'start', colour),
    `<g fill="${colour}">${rects.join('')}</g>`,
    `<path d="M${LEFT} ${top + 20 + height}h${WIDTH}" stroke="${INK}"/>`,
  ];
}

type Note = (heights: readonly number[]) => string;

const sharesNote: Note = (shares) =>
  `from ${Math.min(...shares).toFixed(2)} to ${Math.max(...shares).toFixed(2)} times the mean`;

const keysNote: Note = (counts) =>
  `on ${counts.filter((count) => count > 0).length} servers, at most ${Math.max(...counts)} on one`;

function heading(at: number, y: number, words: string): string {
  return `<text x="${at}" y="${y}" font-weight="bold">${words}</text>`;
}

function text(at: number, y: number, words: string, anchor: 'start' | 'middle', colour: string, size = 13): string {
  return `<text x="${at}" y="${y}" text-anchor="${anchor}" font-size="${size}" fill="${colour}">${words}</text>`;
}

function ticks(at: readonly number[], top: number, length: number, colour: string): string {
  return `<path d="${at.map((tick) => `M${tick} ${top}v${length}`).join('')}" stroke="${colour}"/>`;
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

if (require.main === module) writeFileSync(path.join(__dirname, 'ring.svg'), drawRing());
