// The document and its elements. Text is always escaped.

import { parseHTML } from 'linkedom';

export const document: Document = parseHTML(
  '<!doctype html><html lang="en"><head></head><body></body></html>',
).document;

export type Child = Node | string;
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** An HTML element; an attribute that is false or undefined is omitted. */
export function el(name: string, attributes: Attributes, ...children: readonly Child[]): Element {
  return filled(document.createElement(name), attributes, children);
}

const SVG = 'http://www.w3.org/2000/svg';

/** An SVG element. */
export function svg(name: string, attributes: Attributes, ...children: readonly Child[]): Element {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(element: Element, attributes: Attributes, children: readonly Child[]): Element {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(key, value === true ? '' : String(value));
  }
  element.append(...children);
  return element;
}

export function span(className: string, ...children: readonly Child[]): Element {
  return el('span', { class: className }, ...children);
}

/** `108 servers`, `1 server`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}
