// What YAML knows and nutcracker refuses (conf_validate_tokens in its src/nc_conf.c), and what today's YAML takes but
// libyaml, with which nutcracker reads, does not.

import { Lexer, CST } from 'yaml';
import type { Objection } from './config-error';

/** Tokens by what nutcracker calls them, with the numbers of libyaml's yaml.h. */
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

/** The first token of each kind that may not stand in nutcracker.yml. */
export function foreignTokens(text: string): Objection[] {
  const found = new Map<string, Objection>();
  let line = 1;
  for (const source of new Lexer().lex(text)) {
    const token = CST.tokenType(source);
    const foreign = token === null ? undefined : FOREIGN[token];
    if (foreign !== undefined && !found.has(foreign[0])) {
      const [name, number] = foreign;
      found.set(name, {
        line,
        because: `${JSON.stringify(source)} is a ${name} of YAML`,
        says: `conf: ${name} token (${number}) is disallowed`,
        remedy: 'leave it out, or put the value in quotes if it is part of a value',
      });
    }
    line += source.split('\n').length - 1;
  }
  return [...found.values()];
}
