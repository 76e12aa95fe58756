// A redis.conf without its passwords, for Git: every other line stays byte for byte.

import { joinWords, splitBytes } from './text';
import { withoutWords } from '../../nutcracker/words';

/** Directives whose one argument is a password. */
const PASSWORD = /^(requirepass|masterauth|tls(-client)?-key-file-pass)$/i;

/** A rule of a user that adds or removes a password (`>`, `<`) or the hash of one (`#`, `!`). */
const RULE = /^[<>#!]./;
const RULE_IN_COMMENT = /^([<>].|[#!][0-9a-fA-F]{64}$)/;

/** The bytes with another word in the place of each password, also where one is mentioned in a comment. */
export function withoutPasswords(bytes: Uint8Array, word: string): Buffer {
  // One character a byte, so that whatever the file holds comes out as it was.
  const lines = Buffer.from(bytes).toString('latin1').split('\n').map(partsOf);
  const secrets = lines.flatMap(({ mark, words }) => (mark === '' ? passwordsIn(words) : []));
  return Buffer.from(lines.map((line) => lineWithout(line, secrets, word)).join('\n'), 'latin1');
}

/** A line: its indentation and the marks of a comment, what it says, and the space behind. */
interface Parts {
  readonly indent: string;
  readonly mark: string;
  readonly text: string;
  readonly end: string;
  /** Nothing for quotes that are unbalanced. */
  readonly words: readonly string[];
}

function partsOf(line: string): Parts {
  const [, indent, mark, text, end] = /^([ \t\r]*)((?:#[# \t]*)?)([^]*?)([ \t\r]*)$/.exec(line) as unknown as string[];
  return { indent, mark, text, end, words: splitBytes(text) ?? text.split(/\s+/) };
}

function passwordsIn([name = '', ...args]: readonly string[]): string[] {
  if (PASSWORD.test(name)) return args;
  return name.toLowerCase() === 'user' ? args.filter((arg) => RULE.test(arg)).map((rule) => rule.slice(1)) : [];
}

function lineWithout({ indent, mark, text, end, words }: Parts, secrets: readonly string[], word: string): string {
  const isComment = mark !== '';
  const said = withoutSecrets(words, isComment, word) ?? (isComment ? withoutWords(text, secrets, word) : text);
  return `${indent}${mark}${said}${end}`;
}

/** The directive with its password replaced; nothing for one that has none, and for a sentence. */
function withoutSecrets(words: readonly string[], isComment: boolean, word: string): string | undefined {
  const [name = '', ...args] = words;
  if (PASSWORD.test(name)) {
    if (args.join('') === '' || (isComment && args.length > 1)) return undefined;
    return `${name} ${word}`;
  }
  const rule = isComment ? RULE_IN_COMMENT : RULE;
  if (name.toLowerCase() !== 'user' || !args.some((arg) => rule.test(arg))) return undefined;
  return joinWords([name, ...args.map((arg) => (rule.test(arg) ? arg[0] + word : arg))]);
}
