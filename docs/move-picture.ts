// Draws docs/move.svg, the three stages of a migration: npm run picture

import { writeFileSync } from 'node:fs';
import * as path from 'node:path';

/** Text and lines that are readable on white and on black; boxes have their own background. */
const INK = '#768390';
const OLD = '#9a5b13';
const NEW = '#1f6fb2';
const PROXY = '#5a4a9c';
const FRAME = '#8b949e';

const WIDTH = 960;
const HEIGHT = 480;
const BOX = 26;

/** The style of a box: servers that serve stand out from those that wait. */
type Look = 'serves' | 'waits';

export function drawMove(): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13" role="img">`,
    '<title>The three stages of a migration: the old fleet; both fleets, with a bridge and replicas; the new fleet</title>',
    `<defs>${[INK, OLD, NEW].map(arrowhead).join('')}</defs>`,
    ...today(),
    ...moving(),
    ...moved(),
    '</svg>\n',
  ].join('\n');
}

function today(): string[] {
  const left = 10;
  return [
    ...stage(left, 200, '1  Today', ['The proxies know where', 'each key is.']),
    box(left + 45, 76, 110, 'applications', INK),
    frame(left + 10, 150, 180, 250, 'virtual machines'),
    box(left + 45, 176, 110, 'nutcracker', PROXY),
    arrow(left + 100, 102, left + 100, 174, INK),
    ...[0, 1, 2].flatMap((n) => [
      box(left + 45, 256 + n * 46, 110, `redis-0${n + 1}`, OLD),
      wire(left + 45, 189, left + 26, 269 + n * 46, left + 43, OLD),
    ]),
  ];
}

/** The shard in the middle has moved already, the others have not: shards move independently. */
function moving(): string[] {
  const left = 230;
  const [oldAt, newAt] = [left + 30, left + 310];
  const rows = [
    { y: 256, hasMoved: false },
    { y: 302, hasMoved: true },
    { y: 348, hasMoved: false },
  ];
  return [
    ...stage(left, 490, '2  Moving', [
      'A bridge beside each new proxy routes to the master of each shard:',
      'at first to the old servers. The new servers replicate them, and are',
      'promoted shard by shard. Here, shard 1 has moved.',
    ]),
    box(left + 315, 76, 110, 'applications', INK),
    frame(left + 10, 150, 150, 250, 'virtual machines'),
    frame(left + 190, 150, 290, 250, 'Kubernetes'),
    box(left + 310, 176, 120, 'nutcracker', PROXY),
    box(left + 210, 176, 70, 'bridge', PROXY),
    arrow(left + 370, 102, left + 370, 174, INK),
    arrow(left + 308, 189, left + 282, 189, INK),
    ...rows.flatMap(({ y, hasMoved }, n) => [
      box(oldAt, y, 110, hasMoved ? 'fenced' : `redis-0${n + 1}`, OLD, hasMoved ? 'waits' : 'serves'),
      box(newAt, y, 120, hasMoved ? `shard ${n}` : `replica ${n}`, NEW, hasMoved ? 'serves' : 'waits'),
      ...(hasMoved
        ? [wire(left + 260, 202, left + 260, y + 13, newAt - 2, NEW)]
        : [
            wire(left + 228, 202, left + 228, y + 8, oldAt + 112, OLD),
            arrow(oldAt + 112, y + 18, newAt - 2, y + 18, INK, true),
          ]),
    ]),
  ];
}

function moved(): string[] {
  const left = 740;
  return [
    ...stage(left, 210, '3  Moved', [
      'The proxies connect to the',
      'new servers. Every key is',
      'on the same shard as before.',
    ]),
    box(left + 50, 76, 110, 'applications', INK),
    frame(left + 10, 150, 190, 250, 'Kubernetes'),
    box(left + 50, 176, 110, 'nutcracker', PROXY),
    arrow(left + 105, 102, left + 105, 174, INK),
    ...[0, 1, 2].flatMap((n) => [
      box(left + 50, 256 + n * 46, 110, `shard ${n}`, NEW),
      wire(left + 50, 189, left + 28, 269 + n * 46, left + 48, NEW),
    ]),
  ];
}

/** The title of a stage, and its description below the picture. */
function stage(left: number, width: number, title: string, words: readonly string[]): string[] {
  return [
    `<text x="${left + 10}" y="30" font-size="17" font-weight="bold" fill="${INK}">${title}</text>`,
    `<path d="M${left + 10} 42h${width - 20}" stroke="${FRAME}"/>`,
    ...words.map((line, n) => text(left + 10, 428 + n * 19, line, 'start', INK)),
  ];
}

function frame(x: number, y: number, width: number, height: number, what: string): string {
  const border = `fill="none" stroke="${FRAME}" stroke-dasharray="4 4"`;
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" ${border}/>${text(x + width / 2, y + height - 10, what, 'middle', INK, 11)}`;
}

function box(x: number, y: number, width: number, what: string, colour: string, look: Look = 'serves'): string {
  const inside = look === 'serves' ? `fill="${colour}"` : `fill="none" stroke="${FRAME}" stroke-width="1.5"`;
  const words = look === 'serves' ? '#ffffff' : INK;
  return `<rect x="${x}" y="${y}" width="${width}" height="${BOX}" rx="5" ${inside}/>${text(x + width / 2, y + 18, what, 'middle', words)}`;
}

function arrow(fromX: number, fromY: number, toX: number, toY: number, colour: string, isDashed = false): string {
  const dashes = isDashed ? ' stroke-dasharray="2 3"' : '';
  return `<path d="M${fromX} ${fromY}L${toX} ${toY}" stroke="${colour}" stroke-width="1.5"${dashes} marker-end="url(#${nameOf(colour)})"/>`;
}

/** An arrow with two corners: to a column, down the column, and to the end. */
function wire(fromX: number, fromY: number, column: number, toY: number, toX: number, colour: string): string {
  const d = `M${fromX} ${fromY}H${column}V${toY}H${toX}`;
  return `<path d="${d}" fill="none" stroke="${colour}" stroke-width="1.5" marker-end="url(#${nameOf(colour)})"/>`;
}

function arrowhead(colour: string): string {
  const shape = `<path d="M0 0L8 4L0 8z" fill="${colour}"/>`;
  return `<marker id="${nameOf(colour)}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto">${shape}</marker>`;
}

function nameOf(colour: string): string {
  return `to-${colour.slice(1)}`;
}

function text(
  x: number,
  y: number,
  words: string,
  anchor: 'start' | 'middle' | 'end',
  colour: string,
  size = 13,
): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="${size}" fill="${colour}">${words}</text>`;
}

if (require.main === module) writeFileSync(path.join(__dirname, 'move.svg'), drawMove());
