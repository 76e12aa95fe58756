// Placeholders of a template that was not rendered: a program takes them as they stand, a password too.

const PLACEHOLDER = String.raw`\$\{[A-Za-z_]\w*(?:[:?+-][^{}]*)?\}|\{\{[^{}]+\}\}|<%[^%]*%>`;
const BLOCK = /^\s*(?:\{%|<%|\{\{)/;
const ANYWHERE = new RegExp(PLACEHOLDER);
const HOST = new RegExp(`^["']?(?:${PLACEHOLDER}):`);
const WHOLE = new RegExp(`^(["']?)(?:${PLACEHOLDER})\\1$`);

/** Whether a line of a template stands here that no program reads, or a value that has a placeholder. */
export function hasPlaceholder(text: string): boolean {
  return BLOCK.test(text) || ANYWHERE.test(text);
}

/** Whether it is a line of a template that no program reads. */
export function isBlock(line: string): boolean {
  return BLOCK.test(line);
}

/** Whether the host of an address is nothing but a placeholder. */
export function hasPlaceholderForHost(address: string): boolean {
  return HOST.test(address.trim());
}

/** Whether it is nothing but a placeholder. Of a secret only this tells: a real one may well have `${` within. */
export function isPlaceholder(text: string): boolean {
  return WHOLE.test(text.trim());
}

/** What to do about it. What the placeholder says may be a password by default, and is not repeated. */
export const TEMPLATE = 'this is a template with a placeholder, not the file that it becomes';
export const RENDER = 'render it first, or copy the file from a server';
