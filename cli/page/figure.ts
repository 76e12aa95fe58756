// Charts with captions, in three widths, and accessible labels.

import { type Child, document, el, svg } from './element';

/** Charts are drawn for desktop, tablet and phone: scaled down, their text would be too small. */
const WIDTHS = [
  { name: 'wide', width: 1040 },
  { name: 'medium', width: 680 },
  { name: 'narrow', width: 328 },
] as const;

export type Width = (typeof WIDTHS)[number];

/** One chart for each width; the style sheet shows the one that fits. */
export function drawings(draw: (width: Width) => Element, label: string): Element[] {
  return WIDTHS.map((width) => {
    const chart = compact(draw(width), 1);
    chart.setAttribute('class', `${chart.getAttribute('class') ?? ''} ${width.name}`.trim());
    return asImage(chart, label);
  });
}

/** Labels a chart for screen readers as one image; labels of its parts are removed. */
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

/** Rounds coordinates, to make the page smaller. */
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

/** The tooltip of a part of a chart. */
export function tooltip(text: string): Element {
  return svg('title', {}, text);
}

export function fragment(...children: readonly Child[]): DocumentFragment {
  const all = document.createDocumentFragment();
  all.append(...children);
  return all;
}
