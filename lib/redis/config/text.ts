// The syntax of redis.conf: one directive per line, arguments quoted for redis-server's sdssplitargs() (src/sds.c).

import { isUtf8 } from 'node:buffer';
import { badByteIn } from '../../common/utf8';

/** A line that is neither empty nor a comment. */
export interface Line {
  readonly number: number;
  /** The directive's name, in lower case, and its arguments. */
  readonly words: string[];
  /** The line as in the file, one character per byte. */
  readonly text: string;
  /** The column of the first byte that is not text. Reading stops there. */
  readonly badByte?: number;
  /** Why the line cannot be read; it then has no words. */
  readonly problem?: string;
}

const ESCAPES: Readonly<Record<string, string | undefined>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' };
const UNBALANCED = 'its quotes are unbalanced; close them, and put a space or nothing after the closing one';
const NO_TEXT = 'a value is not UTF-8 text or contains a NUL byte; use plain text';
const SPACE = /[ \t\n\v\f\r]/;

/** The lines of a file that are neither empty nor a comment. `#` starts a comment only at the beginning of a line. */
export function* linesOf(bytes: Buffer): Iterable<Line> {
  // One character per byte, since escapes such as \xc3 are bytes.
  for (const [i, line] of bytes.toString('latin1').split('\n').entries()) {
    const text = line.replace(/^[ \t\r]+|[ \t\r]+$/g, '');
    if (text === '' || text.startsWith('#')) continue;
    const badByte = columnOfBadByte(line);
    yield { number: i + 1, text, ...(badByte === undefined ? read(text) : { words: [], problem: NO_TEXT, badByte }) };
    if (badByte !== undefined) return;
  }
}

/** Counted from 1. */
function columnOfBadByte(line: string): number | undefined {
  const bytes = Buffer.from(line, 'latin1');
  const bad = [bytes.indexOf(0), badByteIn(bytes) ?? -1].filter((offset) => offset >= 0);
  return bad.length === 0 ? undefined : Math.min(...bad) + 1;
}

function read(text: string): { words: string[]; problem?: string } {
  const words = splitBytes(text)?.map(decode);
  if (!words) return { words: [], problem: UNBALANCED };
  if (!words.every((word) => word !== undefined)) return { words: [], problem: NO_TEXT };
  return { words: words.map((word, i) => (i === 0 ? word.toLowerCase() : word)) };
}

/** The arguments in a text; undefined if its quotes are unbalanced. */
export function splitWords(text: string): string[] | undefined {
  const words = splitBytes(Buffer.from(text).toString('latin1'))?.map(decode);
  return words?.every((word) => word !== undefined) ? words : undefined;
}

/** The text that redis-server splits back into these words. */
export function joinWords(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  // eslint-disable-next-line no-control-regex -- control characters must be escaped
  if (!/^$|[\x00-\x20\x7f"'\\]/.test(word)) return word;
  // eslint-disable-next-line no-control-regex -- as above
  const escaped = word.replace(/["\\]/g, '\\$&').replace(/[\x00-\x1f\x7f]/g, (c) => `\\x${hex(c)}`);
  return `"${escaped}"`;
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, '0');
}

/** The bytes as text; undefined if they are not text, which neither a ConfigMap nor an environment variable can hold. */
function decode(bytes: string): string | undefined {
  const buffer = Buffer.from(bytes, 'latin1');
  return buffer.includes(0) || !isUtf8(buffer) ? undefined : buffer.toString();
}

/** The arguments in a text of one character per byte; undefined if its quotes are unbalanced. */
export function splitBytes(text: string): string[] | undefined {
  const words: string[] = [];
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
    const word = readWord(text, at);
    if (!word) return undefined;
    words.push(word.value);
    at = word.end;
  }
  return words;
}

function skipSpace(text: string, at: number): number {
  while (at < text.length && SPACE.test(text[at])) at++;
  return at;
}

/** Quotes may open inside a word, but a closing quote must be followed by space. */
function readWord(text: string, start: number): { value: string; end: number } | undefined {
  let value = '';
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    // Other space, such as a form feed, does not end a word.
    if (/[ \n\r\t]/.test(character)) return { value, end: at };
    if (character !== '"' && character !== "'") {
      value += character;
      continue;
    }
    const rest = character === '"' ? readDoubleQuoted(text, at + 1) : readSingleQuoted(text, at + 1);
    if (!rest || (rest.end < text.length && !SPACE.test(text[rest.end]))) return undefined;
    return { value: value + rest.value, end: rest.end };
  }
  return { value, end: text.length };
}

function readDoubleQuoted(text: string, start: number): { value: string; end: number } | undefined {
  const part = /"|\\x([0-9a-fA-F]{2})|\\([^])|[^]/y;
  part.lastIndex = start;
  let value = '';
  for (let match = part.exec(text); match; match = part.exec(text)) {
    const [whole, code, escaped] = match as unknown as [string, string?, string?];
    if (whole === '"') return { value, end: part.lastIndex };
    if (code !== undefined) value += String.fromCharCode(parseInt(code, 16));
    else value += escaped === undefined ? whole : (ESCAPES[escaped] ?? escaped);
  }
  return undefined;
}

function readSingleQuoted(text: string, start: number): { value: string; end: number } | undefined {
  const part = /'|\\'|[^]/y;
  part.lastIndex = start;
  let value = '';
  for (let match = part.exec(text); match; match = part.exec(text)) {
    if (match[0] === "'") return { value, end: part.lastIndex };
    value += match[0] === "\\'" ? "'" : match[0];
  }
  return undefined;
}
