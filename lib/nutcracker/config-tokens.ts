// What YAML knows and nutcracker refuses (conf_validate_tokens in its src/nc_conf.c), and what the YAML of today takes
// but libyaml, with which nutcracker reads, does not.

import { CST, Lexer } from 'yaml';
import type { Objection } from './config-error';
import { quote } from './config-values';

/** What nutcracker logs when libyaml does not get through a file, but for the number of the kind of error. */
export const NOT_YAML = 'conf: failed to get the next yaml document';

/** The tokens that nutcracker refuses: what it calls each, and the number that libyaml's yaml.h gives it. */
const FOREIGN: Partial<Record<CST.TokenType, readonly [name: string, number: number]>> = {
  'directive-line': ['version directive', 3],
  'doc-start': ['document start', 5],
  'doc-end': ['document end', 6],
  'flow-seq-start': ['flow sequence start', 10],
  'flow-seq-end': ['flow sequence end', 11],
  'flow-map-start': ['flow mapping start', 12],
  'flow-map-end': ['flow mapping end', 13],
  comma: ['flow entry', 15],
  alias: ['alias', 18],
  anchor: ['anchor', 19],
  tag: ['tag', 20],
};

/** The text as libyaml counts its lines: they end at a lone carriage return too, and at a next line. */
export function withPlainBreaks(text: string): string {
  return text.replace(/^\ufeff/, '').replace(/\r\n?|\u0085/g, '\n');
}

/** The first character that libyaml does not read, or that it reads as a line break or a byte order mark. */
export function foreignCharacters(text: string): Objection[] {
  const unread = /[^\t\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
  const misread = /[\u2028\u2029\ufeff]/;
  const found = unread.exec(text) ?? misread.exec(text);
  if (found === null) return [];
  return [
    {
      line: text.slice(0, found.index).split('\n').length,
      because: `the character ${codePoint(found[0])} stands in the file`,
      says: unread.test(found[0]) ? NOT_YAML : undefined,
      remedy: 'take it out, or write it as an escape in double quotes',
    },
  ];
}

/** The first token of each kind that nutcracker refuses, and the first tab where libyaml takes none. */
export function foreignTokens(text: string): Objection[] {
  const found = new Map<string, Objection>();
  let before: CST.TokenType = 'newline';
  let value: CST.TokenType = 'newline';
  for (const { token, source, line } of tokens(text)) {
    if (isOpenQuote(token, source)) break;
    const foreign = FOREIGN[token];
    if (foreign !== undefined && !found.has(foreign[0])) found.set(foreign[0], foreignToken(line, source, ...foreign));
    if (token === 'space' && source.includes('\t') && beginsKey(before) && !found.has('tab')) {
      found.set('tab', foreignTab(line, value === 'scalar'));
    }
    if (token !== 'space') before = token;
    if (token !== 'space' && token !== 'newline') value = token;
  }
  return [...found.values()];
}

interface Token {
  readonly token: CST.TokenType;
  readonly source: string;
  readonly line: number;
}

function* tokens(text: string): Generator<Token> {
  let line = 1;
  let isScalar = false;
  for (const source of new Lexer().lex(text)) {
    // The text of a plain or block scalar has a mark before it, and may look like any token.
    const token = isScalar ? 'scalar' : CST.tokenType(source);
    isScalar = source === CST.SCALAR;
    if (token !== null && !isScalar) yield { token, source, line };
    line += source.split('\n').length - 1;
  }
}

function foreignToken(line: number, source: string, name: string, number: number): Objection {
  return {
    line,
    because: `${quote(source)} is a ${name} of YAML`,
    says: `conf: ${name} token (${number}) is disallowed`,
    remedy: 'leave it out, or put the value in quotes if it is part of one',
  };
}

/** libyaml takes such a tab in one place, an empty line behind a plain scalar, and not in every such line. */
function foreignTab(line: number, behindPlain: boolean): Objection {
  return {
    line,
    because: 'a tab stands where a line is indented',
    says: behindPlain ? undefined : NOT_YAML,
    remedy: 'write spaces',
  };
}

/** Whether a quoted value does not end: what follows are no tokens then, and YAML has an error of its own for it. */
function isOpenQuote(token: CST.TokenType, source: string): boolean {
  if (token !== 'single-quoted-scalar' && token !== 'double-quoted-scalar') return false;
  return source.length < 2 || !source.endsWith(source[0]);
}

/** Whether a key may stand behind such a token; there libyaml does not skip tabs. */
function beginsKey(before: CST.TokenType): boolean {
  return before === 'newline' || before === 'seq-item-ind' || before === 'explicit-key-ind';
}

function codePoint(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `U+${hex.padStart(4, '0')}`;
}
