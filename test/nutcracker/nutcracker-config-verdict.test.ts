// The parser and the real `nutcracker -t` read the same generated files, good and bad, and must agree.
// FC_SEED and FC_FILES in the environment read others, and more of them.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { NutcrackerConfig, type NutcrackerPoolProps, type NutcrackerServer } from '../../lib/nutcracker';
import { NutcrackerConfigError } from '../../lib/nutcracker/config-error';
import { Lab } from '../lab/lab';
import { anyDice, type Dice, LISTEN_HOSTS, poolsOfAFile, styledFile } from './config-arbitraries';
import { withMistakes } from './config-mutations';
import { nutcrackerTakes, wordsOfNutcracker } from './real-verdict';

const SEED = Number(process.env.FC_SEED ?? 20);
const FILES = Number(process.env.FC_FILES ?? 600);

const lab = new Lab();
afterAll(() => lab.close());

test('a good file is taken by both, whatever its style, and every value is read', () => {
  checkFiles(Math.ceil(FILES / 3), styledFile, (text, pools) => {
    expect(nutcrackerTakes(lab, text)).toBe(true);
    expect(NutcrackerConfig.fromYaml(text).pools.map(({ settings }) => plain(settings))).toEqual(pools.map(plain));
  });
});

test('a file with mistakes is taken or refused by both, but for what is refused on purpose', () => {
  const seen = { taken: 0, refused: 0, refusedOnPurpose: 0 };
  checkFiles(FILES, mistakenFile, (text) => {
    const taken = nutcrackerTakes(lab, text);
    const read = attempt(text);
    if (read instanceof NutcrackerConfigError) {
      // An objection that claims no words of nutcracker's is one on purpose; the table below names them.
      if (taken) expect(claimsOf(read)).toEqual([]);
      seen[taken ? 'refusedOnPurpose' : 'refused']++;
    } else {
      fc.pre(taken || read.pools.every(({ listen }) => resolves(listen)));
      expect(taken).toBe(true);
      seen.taken++;
    }
  });
  expect(seen.taken).toBeGreaterThan(FILES / 20);
  expect(seen.refused).toBeGreaterThan(FILES / 2);
  expect(seen.refusedOnPurpose).toBeLessThan(FILES / 20);
});

test.each([
  ['backslash', setting('redis_auth: "a\\"')],
  ['quote', setting("redis_auth: 'a''")],
])('a quote behind a %s closes no value, and both refuse a file without another', (_, text) => {
  expect(nutcrackerTakes(lab, text)).toBe(false);
  expect(() => NutcrackerConfig.fromYaml(text)).toThrow('nutcracker.yml:4: a quoted value does not end');
});

test('a block scalar that begins with a tab is refused by both', () => {
  const text = setting('redis_auth: |\n    \ta');
  expect(nutcrackerTakes(lab, text)).toBe(false);
  expect(() => NutcrackerConfig.fromYaml(text)).toThrow('a tab stands where a line is indented');
});

test.each([
  ['adds no line break to a block scalar that the file ends in', server('|\n      b:1:1').trimEnd(), true],
  ['adds one where the line is ended', server('|\n      b:1:1'), false],
  ['adds one where a line of blanks follows', `${server('|\n      b:1:1')}   `, false],
])('YAML %s, to both', (_, text, taken) => {
  expect(nutcrackerTakes(lab, text)).toBe(taken);
  expect(attempt(text) instanceof NutcrackerConfig).toBe(taken);
});

describe('nutcracker takes and the parser refuses, on purpose,', () => {
  test.each([
    ['a number that wraps round an int', setting('timeout: 4294967297')],
    ['a weight that wraps round an int', server('b:1:4294967297')],
    ['a port that wraps round an int', server('b:4294967297:1')],
    ['a port to listen on that wraps round an int', listen('127.0.0.1:4294989417')],
    ['a password with a database, where data goes to database 0', setting('redis_auth: secret\n  redis_db: 1')],
    ['a server without a host, which is never reached', server('":6379:1"')],
    ['a blank in a host, which is never reached', server('b c:1:1 name')],
    ['a blank in the path of a socket', server('/b c:1 name')],
    ['an empty name, which two servers cannot both have', server('"b:1:1 "')],
    ['a NUL in a name, where C ends it', server('"b:1:1 n\\0m"')],
    ['a NUL in a password, where C ends it', setting('redis_auth: "a\\0b"')],
    ['a NUL in the name of a pool, where C ends it', server('b:1:1').replace('a:', '"a\\0":')],
    ['a hash tag of one character in two bytes', setting('hash_tag: "é"')],
    ['the rest of a path for permissions', listen('/tmp/a b/c')],
    ['decimal permissions of a socket', listen('/tmp/a 0o644')],
    ['nothing for permissions of a socket', listen('"/tmp/a "')],
    ['a line of a quoted value that is not indented', setting('redis_auth: "a\nb"')],
    ['a line that is not indented behind an escaped quote', setting('redis_auth: "a\\"\nb"')],
    ['a line that is not indented behind a doubled quote', setting("redis_auth: 'a''\nb'")],
    ['a name whose 600 characters JavaScript counts as 1200', server('b:1:1').replace('a:', `${'😀'.repeat(600)}:`)],
    ['a block scalar that begins with an empty line of more blanks', setting('redis_auth: |+\n        \n    # a')],
    ['a comment right behind a quote', setting('redis_auth: "a"# remark')],
    ['a tab on an empty line', setting('redis_auth: a\n    \t')],
    ['line breaks that YAML 1.2 does not know', `${server('b:1:1')}# \u2028`],
    ['a byte order mark within the file', `${server('b:1:1')}# \ufeff`],
  ])('%s', (_, text) => {
    expect(nutcrackerTakes(lab, text)).toBe(true);
    const read = attempt(text);
    expect(read).toBeInstanceOf(NutcrackerConfigError);
    expect(claimsOf(read as NutcrackerConfigError)).toEqual([]);
  });

  test('UTF-16', () => {
    const bytes = Buffer.from(`\ufeff${server('b:1:1')}`, 'utf16le');
    expect(nutcrackerTakes(lab, bytes)).toBe(true);
    const file = join(lab.dir, 'utf-16.yml');
    writeFileSync(file, bytes);
    expect(() => NutcrackerConfig.fromFile(file)).toThrow('utf-16.yml:1:1: this byte is not UTF-8');
  });
});

test('nutcracker refuses a host to listen on that does not resolve, and the parser does not look it up', () => {
  const text = 'a:\n  listen: no-such-host.invalid:22121\n  servers:\n    - b:1:1\n';
  expect(nutcrackerTakes(lab, text)).toBe(false);
  expect(NutcrackerConfig.fromYaml(text).pool().listen).toBe('no-such-host.invalid:22121');
});

/** A generated file, and what it was written from. */
interface WrittenFile {
  readonly text: string;
  readonly pools: readonly NutcrackerPoolProps[];
}

/** Checks as many generated files; one that fails the check is shown, and what either side makes of it. */
function checkFiles(
  count: number,
  write: (dice: Dice, pools: readonly NutcrackerPoolProps[]) => string,
  check: (text: string, pools: readonly NutcrackerPoolProps[]) => void,
): void {
  const files = fc
    .tuple(poolsOfAFile, anyDice)
    .map(([pools, dice]): WrittenFile => ({ text: write(dice, pools), pools }));
  const property = fc.property(files, ({ text, pools }) => {
    check(text, pools);
  });
  fc.assert(property, { seed: SEED, numRuns: count, endOnFailure: true, reporter: report });
}

/** In the place of fast-check's own report, thousands of numbers long. */
function report({ failed, counterexample, errorInstance, numRuns }: fc.RunDetails<[WrittenFile]>): void {
  if (!failed) return;
  if (counterexample === null) throw new Error(`only ${numRuns} of the files could be compared`);
  const [{ text }] = counterexample;
  const message = [
    `file ${numRuns} of FC_SEED=${SEED} FC_FILES=${FILES}:`,
    numbered(text),
    `nutcracker ${nutcrackerTakes(lab, text) ? 'takes it' : refusalOfNutcracker(text)}`,
    `the parser ${refusalOfParser(text) ?? 'takes it'}`,
  ];
  throw new Error(message.join('\n'), { cause: errorInstance });
}

function refusalOfNutcracker(text: string): string {
  const words = wordsOfNutcracker(lab, text).match(/conf: .*/g) ?? ['no reason, as when it dies'];
  return `refuses it: ${words.join('; ')}`;
}

function refusalOfParser(text: string): string | undefined {
  try {
    NutcrackerConfig.fromYaml(text);
    return undefined;
  } catch (error) {
    return `refuses it: ${String(error)}`;
  }
}

/** The lines of the text with their numbers, all that cannot be seen by its code point. */
function numbered(text: string): string {
  const visible = text.replace(/[^\n\x20-\x7e]/gu, (character) => {
    return `<U+${character.codePointAt(0)?.toString(16).padStart(4, '0')}>`;
  });
  return visible
    .split('\n')
    .map((line, i) => `${String(i + 1).padStart(4)}| ${line}`)
    .join('\n');
}

function mistakenFile(dice: Dice, pools: readonly NutcrackerPoolProps[]): string {
  return withMistakes(dice, styledFile(dice, pools));
}

function server(line: string): string {
  return `a:\n  listen: 127.0.0.1:22121\n  servers:\n    - ${line}\n`;
}

function setting(line: string): string {
  return `a:\n  listen: 127.0.0.1:22121\n  redis: true\n  ${line}\n  servers:\n    - b:1:1\n`;
}

function listen(value: string): string {
  return `a:\n  listen: ${value}\n  servers:\n    - b:1:1\n`;
}

function attempt(text: string): NutcrackerConfig | NutcrackerConfigError {
  try {
    return NutcrackerConfig.fromYaml(text);
  } catch (error) {
    if (error instanceof NutcrackerConfigError) return error;
    throw error;
  }
}

/** What it says that nutcracker says. */
function claimsOf(error: NutcrackerConfigError): string[] {
  return error.objections.flatMap(({ says }) => says ?? []);
}

function resolves(listen: string): boolean {
  return listen.startsWith('/') || LISTEN_HOSTS.includes(listen.slice(0, listen.lastIndexOf(':')));
}

/** The settings, and of the servers what nutcracker knows of them. */
function plain({ servers, ...settings }: NutcrackerPoolProps): object {
  return {
    ...settings,
    servers: servers.map(({ address, weight, name }: NutcrackerServer) => ({ address, weight, name })),
  };
}
