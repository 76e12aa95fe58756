// The whole page: one self-contained file. Without scripts, only the filter of tables is missing.

import { createHash } from 'node:crypto';
import { type DrawPage, type PoolData } from '../input/report-data';
import { count, document, el } from './element';
import script from './filter.browser.js';
import { type Part, partsOf, poolHead } from './pool-section';
import { findingCounts } from './findings-section';
import charts from './charts.css';
import colours from './colours.css';
import layout from './layout.css';
import tables from './tables.css';

export const drawPage: DrawPage = ({ file, pools }) => {
  const sections = pools.map((data, i) => ({ data, id: `pool-${i + 1}`, parts: partsOf(data, `pool-${i + 1}`) }));
  document.head.replaceChildren(
    el('meta', { charset: 'utf-8' }),
    el('meta', { 'http-equiv': 'Content-Security-Policy', content: policy() }),
    el('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    el('meta', { name: 'color-scheme', content: 'light dark' }),
    el('title', {}, `${file}: report`),
    el('link', { rel: 'icon', href: 'data:,' }),
    el('style', {}, [colours, layout, charts, tables].join('\n')),
  );
  document.body.replaceChildren(
    el('a', { class: 'skip', href: '#main' }, 'Skip to the report'),
    el(
      'header',
      {},
      el('p', { class: 'kind' }, 'Report on nutcracker configuration'),
      el('h1', {}, file),
      el('p', {}, summary(pools)),
    ),
    contents(sections),
    el('main', { id: 'main', tabindex: -1 }, ...sections.map(section)),
    el(
      'footer',
      {},
      el(
        'p',
        {},
        'Written by cdk8s-twemproxy, which computes what nutcracker would do, without connecting to any server.',
      ),
    ),
    el('script', {}, script),
  );
  return `<!doctype html>\n${document.documentElement.outerHTML}\n`;
};

/** Content-Security-Policy: allows no network access, and no script except the one of this page. */
function policy(): string {
  const hash = createHash('sha256').update(script).digest('base64');
  return `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;
}

function summary(pools: readonly PoolData[]): string {
  const servers = pools.reduce((sum, { pool }) => sum + pool.servers.length, 0);
  const all = {
    ...pools[0],
    warnings: pools.flatMap(({ warnings }) => warnings),
    notes: pools.flatMap(({ notes }) => notes),
  };
  return `${count(pools.length, 'pool')}, ${count(servers, 'server')}; the file is valid (${findingCounts(all)})`;
}

interface Section {
  readonly data: PoolData;
  readonly id: string;
  readonly parts: readonly Part[];
}

function contents(sections: readonly Section[]): Element {
  const link = (id: string, title: string): Element => el('a', { href: `#${id}` }, title);
  const links =
    sections.length === 1
      ? sections[0].parts.map(({ id, title }) => el('li', {}, link(id, title)))
      : sections.map(({ id, data }) => el('li', {}, link(id, `Pool ${data.pool.name}`)));
  return el('nav', { 'aria-label': 'Contents' }, el('ul', {}, ...links));
}

function section({ data, id, parts }: Section): Element {
  return el(
    'section',
    { id, class: 'pool', 'aria-labelledby': `${id}-title` },
    el('h2', { id: `${id}-title` }, 'Pool ', el('span', { class: 'name' }, data.pool.name)),
    poolHead(data),
    ...parts.map((part) => el('section', { id: part.id }, el('h3', {}, part.title), part.content)),
  );
}
