// Settings that nutcracker accepts and that often cause trouble, and what should be known: the words of `check`, with file and line.

import { type PoolData } from '../input/report-data';
import { type Remark } from '../input/verdict';
import { count, el, span } from './element';

export function remarksSection({ warnings, notes }: PoolData): Element {
  if (warnings.length + notes.length === 0) return el('p', { class: 'all-well' }, '✓ No warnings, and no notes.');
  return el(
    'ul',
    { class: 'remarks' },
    ...warnings.map((warning) => item('warning', '!', warning)),
    ...notes.map((note) => item('note', 'i', note)),
  );
}

function item(kind: string, sign: string, { file, line, message, code }: Remark): Element {
  const place = [file, line].filter((part) => part !== undefined).join(':');
  return el(
    'li',
    { class: kind },
    el('span', { class: `swatch ${kind}`, 'aria-hidden': 'true' }, sign),
    el(
      'div',
      {},
      el(
        'p',
        { class: 'remark-head' },
        el('b', {}, kind),
        ' ',
        ...(code === undefined ? [] : [span('code', code), ' ']),
        span('place', place),
      ),
      el('p', {}, message),
    ),
  );
}

/** `2 warnings, 1 note` */
export function remarksInWords({ warnings, notes }: PoolData): string {
  return `${count(warnings.length, 'warning')}, ${count(notes.length, 'note')}`;
}
