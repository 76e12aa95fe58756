// Removes the passwords and comments of a nutcracker.yml, for Git. Everything else stays byte for byte.

import { readDocument, type Word } from './config-document';
import { lexemesOf, tokens, withPlainBreaks } from './config-tokens';

/** A range of the text with normalized line breaks, and its replacement. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The placeholder for a password. */
export const REPLACED = 'replaced';

/**
 * The text without comments, and with a placeholder for each `redis_auth`. Throws NutcrackerConfigError for a file that
 * nutcracker cannot read.
 */
export function withoutPasswords(raw: string): string {
  const passwords = readDocument(raw).flatMap(({ entries }) =>
    entries.filter(({ key }) => key.text === 'redis_auth').flatMap(({ values }) => values),
  );
  const text = withPlainBreaks(raw);
  return edited(raw, [...passwords.flatMap((password) => scalarEdit(text, password)), ...commentEdits(text)]);
}

/** Replaces the source of a scalar, but not the line breaks that end a multi-line one. */
function scalarEdit(text: string, { span }: Word): Edit[] {
  if (span === undefined) return [];
  const [start, end] = span;
  return [{ start, end: start + text.slice(start, end).trimEnd().length, text: REPLACED }];
}

/** Removes each comment with the space before it, and the whole line if it holds nothing else. */
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

/** Applies the edits to the text as it was before its line breaks were normalized. */
function edited(raw: string, edits: readonly Edit[]): string {
  const place = placeInRaw(raw);
  let result = '';
  let done = 0;
  for (const { start, end, text } of [...edits].sort((a, b) => a.start - b.start)) {
    // A comment in the header of a block scalar was replaced with it.
    if (place(start) < done) continue;
    result += raw.slice(done, place(start)) + text;
    done = place(end);
  }
  return result + raw.slice(done);
}

/** The normalized text lacks only a byte order mark and the carriage return of each pair. */
function placeInRaw(raw: string): (offset: number) => number {
  const removed: number[] = [...raw.matchAll(/^\ufeff|\r(?=\n)/g)].map(({ index }, before) => index - before);
  return (offset) => offset + removed.filter((place) => place < offset || place === 0).length;
}
