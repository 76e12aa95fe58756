// A chart with what it is called, what it says in words, and its data.

import { type Child, document, el, svg } from './element';

/** Widths that charts are drawn for: a desk, a tablet, a phone. Scaled down, their letters could not be read. */
const WIDTHS = [
  { name: 'wide', width: 1040 },
  { name: 'medium', width: 680 },
  { name: 'narrow', width: 328 },
] as const;

/** How wide a chart is. */
export type Width = (typeof WIDTHS)[number];

/** A chart for each width, of which one is seen. */
export function drawings(draw: (width: Width) => Element, label: string): Element[] {
  return WIDTHS.map((width) => {
    const chart = compact(draw(width), 1);
    chart.setAttribute('class', `${chart.getAttribute('class') ?? ''} ${width.name}`.trim());
    return asImage(chart, label);
  });
}

/** An image with a text in its place. What is inside has names only for a mouse. */
export function asImage(chart: Element, label: string): Element {
  for (const inner of chart.querySelectorAll('[aria-label], [aria-description]')) {
    inner.removeAttribute('aria-label');
    inner.removeAttribute('aria-description');
  }
  chart.setAttribute('role', 'img');
  chart.setAttribute('aria-label', label);
  return chart;
}

export function figure(caption: string, ...content: readonly Child[]): Element {
  return el('figure', {}, ...content, el('figcaption', {}, caption.replaceAll(' %', '\u00A0%')));
}

/** Leaves the digits away that nobody sees. */
export function compact(chart: Element, digits: number): Element {
  const numbers = ['x', 'y', 'x1', 'x2', 'y1', 'y2', 'width', 'height', 'd', 'transform'];
  for (const element of [chart, ...chart.querySelectorAll('*')]) {
    for (const name of numbers) {
      const value = element.getAttribute(name);
      if (value !== null)
        element.setAttribute(
          name,
          value.replace(/-?\d+\.\d+/g, (number) => Number(number).toFixed(digits)),
        );
    }
  }
  return chart;
}

/** A text that a mouse finds on a part of a drawing. */
export function tip(text: string): Element {
  return svg('title', {}, text);
}

export function fragment(...children: readonly Child[]): DocumentFragment {
  const all = document.createDocumentFragment();
  all.append(...children);
  return all;
}
