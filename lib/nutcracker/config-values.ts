// Checks of scalars in nutcracker.yml that do not depend on the directive.

import { refuse } from './config-error';

/** nutcracker stores a number in a C int; a larger one wraps around silently. */
export const MAX_NUMBER = 2_147_483_647;

const MAX_PORT = 65_535;

/** What nutcracker logs about a directive. */
export function says(key: string, what: string): string {
  return `conf: directive "${key}" ${what}`;
}

/** A value for a message: in quotes, on one line. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/**
 * Returns the text if nutcracker can store it: not empty, and Unicode without NUL, which ends a C string. The objection
 * does not repeat the text, which may be a password.
 */
export function checkText(subject: string, text: string): string {
  if (text === '') {
    refuse({ subject, because: 'the value is empty', says: 'syntax is invalid', remedy: 'write one, or remove it' });
  }
  const broken = text.search(/\0|\p{Surrogate}/u);
  if (broken < 0) return text;
  const because = `the value contains a NUL or half a surrogate pair at character ${broken + 1}`;
  return refuse({ subject, because, remedy: 'remove it' });
}

/** The number, if the text consists of digits and the number fits. */
export function readDigits(text: string): number | undefined {
  const value = isDigits(text) ? Number(text) : Number.NaN;
  return value <= MAX_NUMBER ? value : undefined;
}

/** Whether nutcracker would store a different number, since this one does not fit into an int. */
export function wrapsRound(text: string): boolean {
  return isDigits(text) && readDigits(text) === undefined;
}

/** Whether the text is digits only: no sign, no blank, no fraction. */
function isDigits(text: string): boolean {
  return /^[0-9]+$/.test(text);
}

/** Whether the text is a port, 1 to 65535. */
export function isPort(text: string): boolean {
  const port = readDigits(text);
  return port !== undefined && port >= 1 && port <= MAX_PORT;
}

/** Whether the text can be a host name or address: not empty, without blanks. */
export function isHost(text: string): boolean {
  return text !== '' && !/[\s\p{Cc}]/u.test(text);
}
