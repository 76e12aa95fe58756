// A nutcracker.yml without its passwords and its comments, for Git: everything else stays byte for byte as the proxies read it.

import { readDocument, type Word } from './config-document';
import { lexemesOf, tokens, withPlainBreaks } from './config-tokens';

/** A part of the text with plain breaks, and what takes its place. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What stands in the place of a password. */
export const REPLACED = 'replaced';

/**
 * The text without its comments, and with another word in the place of each `redis_auth`. Throws NutcrackerConfigError for
 * what nutcracker does not read.
 */
export function withoutPasswords(raw: string): string {
  const passwords = readDocument(raw).flatMap(({ entries }) =>
    entries.filter(({ key }) => key.text === 'redis_auth').flatMap(({ values }) => values),
  );
  const text = withPlainBreaks(raw);
  return edited(raw, [...passwords.flatMap((password) => scalarEdit(text, password)), ...commentEdits(text)]);
}

/** The source of a scalar, without the line breaks that end one of several lines. */
function scalarEdit(text: string, { span }: Word): Edit[] {
  if (span === undefined) return [];
  const [start, end] = span;
  return [{ start, end: start + text.slice(start, end).trimEnd().length, text: REPLACED }];
}

/** A comment goes with the space before it, and with its line if it has one to itself. */
function commentEdits(text: string): Edit[] {
  return [...tokens(lexemesOf(text))].flatMap(({ token, source, at }) => {
    if (token !== 'comment') return [];
    const start = text.slice(0, at).trimEnd().length;
    const lineStart = text.lastIndexOf('\n', at - 1) + 1;
    const end = at + source.length;
    if (start >= lineStart && at > 0 && text.slice(lineStart, at).trim() !== '') return [{ start, end, text: '' }];
    return [{ start: lineStart, end: text[end] === '\n' ? end + 1 : end, text: '' }];
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
