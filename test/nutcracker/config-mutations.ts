// Adds mistakes to the lines, values or characters of a file.

import type { Dice } from './config-arbitraries';

/** The text with one to three mistakes. */
export function withMistakes(dice: Dice, text: string): string {
  let mistaken = text;
  const count = 1 + dice.upTo(2);
  for (let i = 0; i < count; i++) {
    const mistake = dice.oneOf(mistakenLine, mistakenValue, mistakenCharacter, mistakenCharacter);
    mistaken = mistake(dice, mistaken);
  }
  return mistaken;
}

/** Lines, and beginnings of lines, to insert. */
const LINES = [
  ...['---', '...', '%YAML 1.1', '- a', 'a', 'a: b', '  a: b', '  servers:', 'q:', '\t', ' \t', '  ? a', '  : a', '?'],
  ...[
    ':',
    '  -',
    '  - ',
    '  hash: md5',
    '  ? hash\n  : md5',
    '  redis: true',
    '  timeout: 1',
    '  reuseport: true',
    '#',
  ],
];

function mistakenLine(dice: Dice, text: string): string {
  const lines = text.split('\n');
  const at = dice.upTo(lines.length - 1);
  const other = dice.upTo(lines.length - 1);
  const line = lines[at];
  const mistakes: (() => void)[] = [
    () => void lines.splice(at, 1),
    () => void lines.splice(other, 0, line),
    () => void lines.splice(at, 0, dice.oneOf(...LINES)),
    () => void ([lines[at], lines[other]] = [lines[other], line]),
    () => void (lines[at] = ` ${line}`),
    () => void (lines[at] = line.replace(/^ /, '')),
    () => void (lines[at] = line.trimStart()),
    () => void (lines[at] = dice.oneOf('\t', '- ', '? ', ': ', '#', '  foo: ') + line),
  ];
  dice.oneOf(...mistakes)();
  return lines.join('\n');
}

/** Values of the wrong kind, out of range, or with a meaning in YAML. */
const VALUES = [
  ...[
    '',
    '""',
    "''",
    '~',
    'null',
    'yes',
    'True',
    'true',
    'false',
    '"true"',
    '-1',
    '0',
    '00',
    '1.5',
    '1e3',
    '0x10',
    '99',
  ],
  ...['a', 'a b', ' x', '"a\\u00e9"', '{}', '[]', '[a]', '{a: b}', '&a b', '*a', '!t x', '!!str x', '|', '>', '|-'],
  ...['- x', 'a: b', '? x', '%x', '@x', '`x', '"', "'", '"a', '# x', '-\tx', '"a"b', '"a" b', '"a"#b', "'a'b"],
  ...[':22121', 'a:1', 'a:1:1', 'a:0:1', 'a:70000:1', 'a:1:0', 'a:1:1 n', 'a:1:1 n m', 'a:1:1  n', 'a:1:-1'],
  ...['/s:1', '/s:1 n', '/s:s:1', '/s:0', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:1', '127.0.0.1:65536'],
  ...['/tmp/x', '/tmp/x 600', '/tmp/x 1000', 'crc32', 'sha1', 'ketama', '"\\q"', '"\\x4"', '"a\n    b"', 'a\n      b'],
  ...['|-\n      true', '>-\n      true', '|\n      a:1:1', '|-\n      a:1:1\n      n', '>-\n      a:1:1\n      n'],
];

function mistakenValue(dice: Dice, text: string): string {
  const lines = text.split('\n');
  const at = dice.upTo(lines.length - 1);
  const value = dice.oneOf(...VALUES);
  lines[at] = lines[at].replace(/(:[ \t]+|-[ \t]+).*$/, (_, before: string) => before + value);
  return lines.join('\n');
}

const CHARACTERS = [
  ...Array.from(' \t\n\r:-?#\'"{}[]&*!|>%@`,\\~=09aé\0\u0007\u0085\u00a0\u2028\ufeff'),
  ...['- ', ': ', ' #', '\n\n', '...', '---', '""', "''", '\\n', '\\0', '\\x41'],
];

function mistakenCharacter(dice: Dice, text: string): string {
  const at = dice.upTo(text.length);
  const removed = dice.oneOf(0, 0, 1, 1, 2);
  return text.slice(0, at) + dice.oneOf('', ...CHARACTERS) + text.slice(at + removed);
}
