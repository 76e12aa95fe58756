// A nutcracker.yml without its passwords, for Git: everything else stays byte for byte as the proxies read it.

import { readDocument, type Word } from './config-document';
import { lexemesOf, tokens, withPlainBreaks } from './config-tokens';
import { withoutWords } from './words';

/** A part of the text with plain breaks, and what takes its place. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The text with another word in the place of each `redis_auth`, also where one is mentioned in a comment. Throws
 * NutcrackerConfigError for what nutcracker does not read.
 */
export function withoutPasswords(raw: string, word: string): string {
  const passwords = readDocument(raw).flatMap(({ entries }) =>
    entries.filter(({ key }) => key.text === 'redis_auth').flatMap(({ values }) => values),
  );
  const text = withPlainBreaks(raw);
  const secrets = passwords.map((password) => password.text);
  return edited(raw, [
    ...passwords.flatMap((password) => scalarEdit(text, password, word)),
    ...commentEdits(text, secrets, word),
  ]);
}

/** The source of a scalar, without the line breaks that end one of several lines. */
function scalarEdit(text: string, { span }: Word, word: string): Edit[] {
  if (span === undefined) return [];
  const [start, end] = span;
  return [{ start, end: start + text.slice(start, end).trimEnd().length, text: word }];
}

const COMMENTED_OUT = /^(#.*?\bredis_auth\b["']?[ \t]*:[ \t]*)\S.*$/;

function commentEdits(text: string, secrets: readonly string[], word: string): Edit[] {
  return [...tokens(lexemesOf(text))].flatMap(({ token, source, at }) => {
    if (token !== 'comment') return [];
    const without = withoutWords(source.replace(COMMENTED_OUT, `$1${word}`), secrets, word);
    return without === source ? [] : [{ start: at, end: at + source.length, text: without }];
  });
}

/** Applies the edits to the text as it was before its breaks were made plain. */
function edited(raw: string, edits: readonly Edit[]): string {
  const place = placeInRaw(raw);
  let result = '';
  let done = 0;
  for (const { start, end, text } of [...edits].sort((a, b) => a.start - b.start)) {
    // A comment in the header of a block scalar went with it.
    if (place(start) < done) continue;
    result += raw.slice(done, place(start)) + text;
    done = place(end);
  }
  return result + raw.slice(done);
}

/** Only a byte order mark, and the carriage return of each pair, are not in the text with plain breaks. */
function placeInRaw(raw: string): (offset: number) => number {
  const left: number[] = [...raw.matchAll(/^\ufeff|\r(?=\n)/g)].map(({ index }, before) => index - before);
  return (offset) => offset + left.filter((place) => place < offset || place === 0).length;
}
