// Tables: each in a part of its own that scrolls, so that the page never has to.

import { type Child, document, el } from './element';

export interface Column {
  readonly title: string;
  /** Numbers stand to the right, names and addresses in letters of one width. */
  readonly kind?: 'number' | 'code';
}

export interface Table {
  readonly caption: string;
  /** The first column has the names of the rows. */
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Child[])[];
  /** Whether a person can look for rows in it. */
  readonly canFilter?: boolean;
}

/** From so many rows on there is something to look for. */
const MANY_ROWS = 20;

let tables = 0;

/** The table in the part that scrolls. */
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
  parts.append(...(canFilter && rows.length >= MANY_ROWS ? [filter(id)] : []), scroll);
  return parts;
}

/** Shown by the script, without which it would do nothing. */
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

/** The data of a chart, as numbers. */
export function dataTable(summary: string, content: Table): Element {
  return el('details', {}, el('summary', {}, summary), table(content));
}
