// YAML tokens that nutcracker refuses (conf_validate_tokens in its src/nc_conf.c), and text that the yaml package accepts
// but libyaml, which nutcracker uses, does not.

import { CST, Lexer } from 'yaml';
import type { Objection } from './config-error';
import { quote } from './config-values';

/** What nutcracker logs when libyaml fails on a file, without the number of the error. */
export const NOT_YAML = 'conf: failed to get the next yaml document';

/** nutcracker's name for a token, and its number in libyaml's yaml.h. */
type ForeignToken = readonly [name: string, number: number];

/** The tokens that nutcracker refuses. */
const FOREIGN: Partial<Record<CST.TokenType, ForeignToken>> = {
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

/** Normalizes line breaks as libyaml does: a lone carriage return and a NEL (U+0085) also end a line. */
export function withPlainBreaks(text: string): string {
  return text.replace(/^\ufeff/, '').replace(/\r\n?|\u0085/g, '\n');
}

/** The first character that libyaml refuses, or reads as a line break or a byte order mark. */
export function foreignCharacter(text: string): Objection | undefined {
  const unread = /[^\t\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
  const misread = /[\u2028\u2029\ufeff]/;
  const found = unread.exec(text) ?? misread.exec(text);
  if (found === null) return undefined;
  return {
    line: text.slice(0, found.index).split('\n').length,
    because: `the line contains the character ${codePoint(found[0])}`,
    says: unread.test(found[0]) ? NOT_YAML : undefined,
    remedy: 'remove it, or write it as an escape in double quotes',
  };
}

/** The first token that nutcracker refuses, the first tab that libyaml refuses, or the first unclosed quote. */
export function foreignToken(text: string, lexemes: readonly string[]): Objection | undefined {
  let before: CST.TokenType = 'newline';
  let content: Token | undefined;
  for (const next of tokens(lexemes)) {
    const { token, source, line } = next;
    if (isOpenQuote(token, source)) return objectionToOpenQuote(line);
    const foreign = FOREIGN[token];
    if (foreign !== undefined) return { line, ...objectionTo(source, foreign, content !== undefined) };
    if (token === 'space') {
      if (source.includes('\t') && beginsKey(before)) return objectionToTab(text, line, content?.token === 'scalar');
      continue;
    }
    if (content?.token === 'block-scalar-header' && beginsWithTab(content.source, source)) {
      return objectionToTab(text, line, false);
    }
    before = token;
    if (token !== 'newline' && token !== 'comment') content = next;
  }
  return undefined;
}

/** A token and where it starts. */
export interface Token {
  readonly token: CST.TokenType;
  readonly source: string;
  readonly line: number;
  readonly at: number;
}

/** Control characters that the lexer inserts between the parts of the text. */
const MARKS: readonly string[] = [CST.DOCUMENT, CST.FLOW_END, CST.SCALAR];

/** The parts of a text with normalized line breaks, with the lexer's marks between them. */
export function lexemesOf(text: string): string[] {
  return [...new Lexer().lex(text)];
}

/** The tokens of the lexemes. */
export function* tokens(lexemes: readonly string[]): Generator<Token> {
  let line = 1;
  let at = 0;
  let isScalar = false;
  for (const source of lexemes) {
    // The text of a plain or block scalar follows a mark of the lexer, and may look like any token.
    const token = isScalar ? 'scalar' : CST.tokenType(source);
    isScalar = source === CST.SCALAR;
    if (token !== null && token !== 'doc-mode' && !isScalar) yield { token, source, line, at };
    line += source.split('\n').length - 1;
    if (!MARKS.includes(source)) at += source.length;
  }
}

function objectionTo(source: string, [name, number]: ForeignToken, afterContent: boolean): Objection {
  const isSecondDocument = name === 'document start' && afterContent;
  // Only the first character identifies it; the rest may be an unquoted password.
  const mark = /^[*&!%]/.test(source) ? source[0] : source;
  return {
    because: `${quote(mark)} is a YAML ${name}`,
    says: isSecondDocument ? 'must contain only 1 document' : `conf: ${name} token (${number}) is disallowed`,
    remedy: 'remove it, or quote the value if it is part of one',
  };
}

/** libyaml accepts such a tab in an empty line after a plain scalar, if it is indented far enough. */
function objectionToTab(text: string, line: number, afterPlain: boolean): Objection {
  const isEmpty = /^\s*(#|$)/.test(text.split('\n')[line - 1]);
  return {
    line,
    because: 'a tab is used for indentation',
    says: afterPlain && isEmpty ? undefined : NOT_YAML,
    remedy: 'use spaces',
  };
}

/** A complete quoted value. A quote within it is doubled, or escaped by a backslash. */
const CLOSED: Partial<Record<CST.TokenType, RegExp>> = {
  'single-quoted-scalar': /^'[^']*(?:''[^']*)*'$/,
  'double-quoted-scalar': /^"[^"\\]*(?:\\[^][^"\\]*)*"$/,
};

/**
 * Whether the lexer gave up on a quoted value. The parser after it checks the last character only, and mistakes a quote
 * within the value for the closing one.
 */
function isOpenQuote(token: CST.TokenType, source: string): boolean {
  return CLOSED[token]?.test(source) === false;
}

/** libyaml continues on a line that is not indented, and may find the closing quote there. */
function objectionToOpenQuote(line: number): Objection {
  return {
    line,
    because: 'a quoted value is not closed, or continues on a line that is not indented',
    remedy: 'close the quote, and write the value on one line',
  };
}

/** Whether a block scalar is indented with a tab, and its header does not give the indentation. */
function beginsWithTab(header: string, text: string): boolean {
  return !/[1-9]/.test(header) && /^(?: *\n)* *\t/.test(text);
}

/** Whether a key may follow such a token; libyaml does not skip tabs there. */
function beginsKey(before: CST.TokenType): boolean {
  return before === 'newline' || before === 'seq-item-ind' || before === 'explicit-key-ind';
}

function codePoint(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `U+${hex.padStart(4, '0')}`;
}
