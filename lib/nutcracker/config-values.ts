// What a scalar of nutcracker.yml can hold, whatever its directive.

import { refuse } from './config-error';

/** What nutcracker keeps of a number, a C int; a greater one wraps round without a word. */
export const MAX_NUMBER = 2_147_483_647;

const MAX_PORT = 65_535;

/** What nutcracker logs about a directive. */
export function says(key: string, what: string): string {
  return `conf: directive "${key}" ${what}`;
}

/** A value as it stands in a message: in quotes, on one line. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/**
 * The text, if nutcracker can hold it: there is some of it, and it is Unicode without NUL, which ends a C string. The
 * objection does not repeat it, as it may be a password.
 */
export function checkText(subject: string, text: string): string {
  if (text === '') {
    refuse({ subject, because: 'the value is empty', says: 'syntax is invalid', remedy: 'write one, or leave it out' });
  }
  const broken = text.search(/\0|\p{Surrogate}/u);
  if (broken < 0) return text;
  const because = `the value holds a NUL or half a surrogate pair at character ${broken + 1}`;
  return refuse({ subject, because, remedy: 'take it out' });
}

/** The number that the text stands for, if it consists of digits and fits. */
export function readDigits(text: string): number | undefined {
  const value = isDigits(text) ? Number(text) : Number.NaN;
  return value <= MAX_NUMBER ? value : undefined;
}

/** Whether nutcracker takes another number for it than is written, as an int holds no such number. */
export function wrapsRound(text: string): boolean {
  return isDigits(text) && readDigits(text) === undefined;
}

/** Whether there is nothing but digits: no sign, no blank, no fraction. */
function isDigits(text: string): boolean {
  return /^[0-9]+$/.test(text);
}

/** Whether it is a port, 1 to 65535. */
export function isPort(text: string): boolean {
  const port = readDigits(text);
  return port !== undefined && port >= 1 && port <= MAX_PORT;
}

/** Whether it can be a host's name or address at all: a resolver takes neither nothing nor blanks. */
export function isHost(text: string): boolean {
  return text !== '' && !/[\s\p{Cc}]/u.test(text);
}
