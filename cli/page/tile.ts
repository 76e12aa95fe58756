// A key figure.

import { el } from './element';

export function tile(title: string, figure: string, caption: string, category?: string): Element {
  return el(
    'div',
    { class: category === undefined ? 'tile' : `tile tile-${category}` },
    el('dt', {}, title),
    el('dd', { class: 'figure' }, figure),
    el('dd', {}, caption),
  );
}
