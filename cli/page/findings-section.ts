// The warnings and notes of `check`, with file and line.

import { type PoolData } from '../input/report-data';
import { type Finding } from '../input/verdict';
import { count, el, span } from './element';

export function findingsSection({ warnings, notes }: PoolData): Element {
  if (warnings.length + notes.length === 0) return el('p', { class: 'ok' }, '✓ No warnings or notes.');
  return el(
    'ul',
    { class: 'findings' },
    ...warnings.map((warning) => item('warning', '!', warning)),
    ...notes.map((note) => item('note', 'i', note)),
  );
}

function item(kind: string, sign: string, { file, line, message, code }: Finding): Element {
  const location = [file, line].filter((part) => part !== undefined).join(':');
  return el(
    'li',
    { class: kind },
    el('span', { class: `swatch ${kind}`, 'aria-hidden': 'true' }, sign),
    el(
      'div',
      {},
      el(
        'p',
        { class: 'finding-head' },
        el('b', {}, kind),
        ' ',
        ...(code === undefined ? [] : [span('code', code), ' ']),
        span('location', location),
      ),
      el('p', {}, message),
    ),
  );
}

/** `2 warnings, 1 note` */
export function findingCounts({ warnings, notes }: PoolData): string {
  return `${count(warnings.length, 'warning')}, ${count(notes.length, 'note')}`;
}
