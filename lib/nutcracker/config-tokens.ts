// What YAML knows and nutcracker refuses (conf_validate_tokens in its src/nc_conf.c), and what the YAML of today takes
// but libyaml, with which nutcracker reads, does not.

import { CST, Lexer } from 'yaml';
import type { Objection } from './config-error';
import { quote } from './config-values';

/** What nutcracker logs when libyaml does not get through a file; the number is libyaml's kind of error. */
export const NOT_YAML = {
  READER: 'conf: failed (err 2) to get the next yaml document',
  SCANNER: 'conf: failed (err 3) to get the next yaml document',
};

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

/** The text with one kind of line break: libyaml ends a line at a lone carriage return too, and at a next line. */
export function withPlainBreaks(text: string): string {
  return text.replace(/\r\n?|\u0085/g, '\n');
}

/** The characters that libyaml does not read, and two line breaks that are none in the YAML of today. */
export function foreignCharacters(text: string): Objection[] {
  const foreign = /[^\t\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|[\u2028\u2029]/gu;
  return [...text.matchAll(foreign)].slice(0, 1).map(({ 0: character, index }) => ({
    line: lineAt(text, index),
    because: `the character ${codePoint(character)} stands in the file`,
    says: /[\u2028\u2029]/.test(character) ? undefined : NOT_YAML.READER,
    remedy: 'take it out, or write it as an escape in double quotes',
  }));
}

/** The first token of each kind that nutcracker refuses, and the first tab where libyaml takes none. */
export function foreignTokens(text: string): Objection[] {
  const found = new Map<string, Objection>();
  let line = 1;
  let before: CST.TokenType | null = 'newline';
  for (const source of new Lexer().lex(text)) {
    const token = CST.tokenType(source);
    const foreign = token === null ? undefined : FOREIGN[token];
    if (foreign !== undefined) {
      const [name, number] = foreign;
      if (!found.has(name)) found.set(name, foreignToken(line, source, name, number));
    }
    if (token === 'space' && source.includes('\t') && takesNoTab(before) && !found.has('tab')) {
      found.set('tab', foreignTab(line));
    }
    if (token !== 'space') before = token;
    line += source.split('\n').length - 1;
  }
  return [...found.values()];
}

function foreignToken(line: number, source: string, name: string, number: number): Objection {
  return {
    line,
    because: `${quote(source)} is a ${name} of YAML`,
    says: `conf: ${name} token (${number}) is disallowed`,
    remedy: 'leave it out, or put the value in quotes if it is part of one',
  };
}

function foreignTab(line: number): Objection {
  return {
    line,
    because: 'a tab stands where a line is indented',
    says: NOT_YAML.SCANNER,
    remedy: 'write spaces',
  };
}

/** libyaml skips a tab only where no key can begin, as behind a value or a key's colon. */
function takesNoTab(before: CST.TokenType | null): boolean {
  return before === 'newline' || before === 'seq-item-ind' || before === 'explicit-key-ind';
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function codePoint(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `U+${hex.padStart(4, '0')}`;
}
