// What YAML knows and nutcracker refuses (conf_validate_tokens in its src/nc_conf.c), and what the YAML of today takes
// but libyaml, with which nutcracker reads, does not.

import { CST, Lexer } from 'yaml';
import type { Objection } from './config-error';
import { quote } from './config-values';

/** What nutcracker logs when libyaml does not get through a file, but for the number of the kind of error. */
export const NOT_YAML = 'conf: failed to get the next yaml document';

/** What nutcracker calls a token, and the number that libyaml's yaml.h gives it. */
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

/** The text as libyaml counts its lines: they end at a lone carriage return too, and at a next line. */
export function withPlainBreaks(text: string): string {
  return text.replace(/^\ufeff/, '').replace(/\r\n?|\u0085/g, '\n');
}

/** The first character that libyaml does not read, or that it reads as a line break or a byte order mark. */
export function foreignCharacter(text: string): Objection | undefined {
  const unread = /[^\t\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
  const misread = /[\u2028\u2029\ufeff]/;
  const found = unread.exec(text) ?? misread.exec(text);
  if (found === null) return undefined;
  return {
    line: text.slice(0, found.index).split('\n').length,
    because: `the character ${codePoint(found[0])} stands in the file`,
    says: unread.test(found[0]) ? NOT_YAML : undefined,
    remedy: 'take it out, or write it as an escape in double quotes',
  };
}

/** The first token that nutcracker refuses, the first tab where libyaml takes none, or the first quote that stays open. */
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

/** A token and where it begins. */
export interface Token {
  readonly token: CST.TokenType;
  readonly source: string;
  readonly line: number;
  readonly at: number;
}

/** Marks that the lexer puts between the parts of the text. */
const MARKS: readonly string[] = [CST.DOCUMENT, CST.FLOW_END, CST.SCALAR];

/** The parts of a text with plain breaks, and the marks that the lexer puts between them. */
export function lexemesOf(text: string): string[] {
  return [...new Lexer().lex(text)];
}

/** What the lexer made of a text. */
export function* tokens(lexemes: readonly string[]): Generator<Token> {
  let line = 1;
  let at = 0;
  let isScalar = false;
  for (const source of lexemes) {
    // The text of a plain or block scalar stands behind a mark of the lexer's, and may look like any token.
    const token = isScalar ? 'scalar' : CST.tokenType(source);
    isScalar = source === CST.SCALAR;
    if (token !== null && token !== 'doc-mode' && !isScalar) yield { token, source, line, at };
    line += source.split('\n').length - 1;
    if (!MARKS.includes(source)) at += source.length;
  }
}

function objectionTo(source: string, [name, number]: ForeignToken, behindContent: boolean): Objection {
  const isSecondDocument = name === 'document start' && behindContent;
  // The first character says which it is; the others may be those of a password without quotes.
  const mark = /^[*&!%]/.test(source) ? source[0] : source;
  return {
    because: `${quote(mark)} stands for a YAML ${name}`,
    says: isSecondDocument ? 'must contain only 1 document' : `conf: ${name} token (${number}) is disallowed`,
    remedy: 'leave it out, or put the value in quotes if it is part of one',
  };
}

/** libyaml takes such a tab in an empty line behind a plain scalar, if it is indented far enough. */
function objectionToTab(text: string, line: number, behindPlain: boolean): Objection {
  const isEmpty = /^\s*(#|$)/.test(text.split('\n')[line - 1]);
  return {
    line,
    because: 'a tab stands where a line is indented',
    says: behindPlain && isEmpty ? undefined : NOT_YAML,
    remedy: 'write spaces',
  };
}

/** What a quoted value is from its first quote to its last; within, a quote is doubled, or stands behind a backslash. */
const CLOSED: Partial<Record<CST.TokenType, RegExp>> = {
  'single-quoted-scalar': /^'[^']*(?:''[^']*)*'$/,
  'double-quoted-scalar': /^"[^"\\]*(?:\\[^][^"\\]*)*"$/,
};

/**
 * Whether the lexer gave a quoted value up. The parser behind it looks at the last character only, and takes a quote
 * within the value for the one that closes it.
 */
function isOpenQuote(token: CST.TokenType, source: string): boolean {
  return CLOSED[token]?.test(source) === false;
}

/** libyaml reads on in a line that is not indented, and may find the closing quote there. */
function objectionToOpenQuote(line: number): Objection {
  return {
    line,
    because: 'a quoted value does not end, or goes on in a line that is not indented',
    remedy: 'close the quote, and write the value on one line',
  };
}

/** Whether a tab stands where libyaml looks for the indentation of a block scalar, unless its header gives it. */
function beginsWithTab(header: string, text: string): boolean {
  return !/[1-9]/.test(header) && /^(?: *\n)* *\t/.test(text);
}

/** Whether a key may stand behind such a token; there libyaml does not skip tabs. */
function beginsKey(before: CST.TokenType): boolean {
  return before === 'newline' || before === 'seq-item-ind' || before === 'explicit-key-ind';
}

function codePoint(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `U+${hex.padStart(4, '0')}`;
}
