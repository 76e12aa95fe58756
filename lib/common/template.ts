// Placeholders of a template that was not rendered. A program would use them literally, even as a password.

const PLACEHOLDER = String.raw`\$\{[A-Za-z_]\w*(?:[:?+-][^{}]*)?\}|\{\{[^{}]+\}\}|<%[^%]*%>`;
const BLOCK = /^\s*(?:\{%|<%|\{\{)/;
const ANYWHERE = new RegExp(PLACEHOLDER);
const HOST = new RegExp(`^["']?(?:${PLACEHOLDER}):`);
const WHOLE = new RegExp(`^(["']?)(?:${PLACEHOLDER})\\1$`);

/** Whether this is a block of a template, or a value with a placeholder. */
export function hasPlaceholder(text: string): boolean {
  return BLOCK.test(text) || ANYWHERE.test(text);
}

/** Whether a line is a block of a template, which the file itself cannot contain. */
export function isBlock(line: string): boolean {
  return BLOCK.test(line);
}

/** Whether the host of an address is only a placeholder. */
export function hasPlaceholderForHost(address: string): boolean {
  return HOST.test(address.trim());
}

/** Whether the whole value is a placeholder. Use this for secrets: a real secret may contain `${`. */
export function isPlaceholder(text: string): boolean {
  return WHOLE.test(text.trim());
}

/** The messages do not print the placeholder: its default value may be a password. */
export const TEMPLATE = 'this is a template with a placeholder, not a rendered file';
export const RENDER = 'render it first, or copy the file from a server';
