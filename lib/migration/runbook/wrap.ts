// Wraps the paragraphs of a runbook, so that it is readable in a terminal as well.

const WIDTH = 120;

/** A word; code spans and links are not broken. */
const WORD = /(?:`[^`]*`|\[[^\]]*\]\([^)]*\)|\S)+/g;

/** Wraps a paragraph, or each item of a list. Headings, tables and code blocks stay as they are. */
export function wrap(part: string): string {
  if (/^(?:#|\||```)/.test(part)) return part;
  return part
    .split(/\n(?=- )/)
    .map(wrapItem)
    .join('\n');
}

function wrapItem(item: string): string {
  const [marker] = /^(?:- |\d+\. )?/.exec(item) ?? [''];
  const indent = ' '.repeat(marker.length);
  const lines: string[] = [];
  let line = marker;
  for (const word of item.slice(marker.length).match(WORD) ?? []) {
    if (line.trim() !== marker.trim() && line.length + word.length > WIDTH) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()].join('\n');
}
