// Tables. Each scrolls in its own container, so that the page never scrolls sideways.

import { type Child, document, el } from './element';

export interface Column {
  readonly title: string;
  /** Numbers are right-aligned; code is set in a monospaced font; text is wrapped. */
  readonly kind?: 'number' | 'code' | 'text';
}

export interface Table {
  readonly caption: string;
  /** The cells of the first column are the row headers. */
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Child[])[];
  /** Whether a long table has a filter. */
  readonly canFilter?: boolean;
}

/** Shorter tables have no filter. */
const MIN_ROWS_FOR_FILTER = 20;

let tables = 0;

/** A table in a scrolling container. */
export function table({ caption, columns, rows, canFilter = false }: Table): Node {
  const id = `table-${++tables}`;
  const cells = (row: readonly Child[]): Element[] =>
    row.map((cell, i) =>
      i === 0 ? el('th', { scope: 'row', class: columns[i].kind }, cell) : el('td', { class: columns[i].kind }, cell),
    );
  const heads = columns.map(({ title, kind }) => el('th', { scope: 'col', class: kind }, title));
  const scroll = el(
    'div',
    { class: 'scroll', role: 'group', tabindex: 0, 'aria-labelledby': id },
    el(
      'table',
      {},
      el('caption', { id }, caption),
      el('thead', {}, el('tr', {}, ...heads)),
      el('tbody', {}, ...rows.map((row) => el('tr', {}, ...cells(row)))),
    ),
  );
  const parts = document.createDocumentFragment();
  parts.append(...(canFilter && rows.length >= MIN_ROWS_FOR_FILTER ? [filter(id)] : []), scroll);
  return parts;
}

/** Hidden until the script runs, since it needs the script. */
function filter(tableId: string): Element {
  const input = el('input', { type: 'search', id: `${tableId}-filter`, autocomplete: 'off', spellcheck: 'false' });
  return el(
    'p',
    { class: 'filter', hidden: true, 'data-filter': tableId },
    el('label', { for: `${tableId}-filter` }, 'Show only rows with'),
    input,
    el('output', { for: `${tableId}-filter` }),
  );
}

/** A folded table with the data of a chart. */
export function dataTable(summary: string, content: Table): Element {
  return el('details', {}, el('summary', {}, summary), table(content));
}
