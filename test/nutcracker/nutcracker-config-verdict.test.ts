// The parser and the real `nutcracker -t` read the same generated files, good and bad, and must agree.
// FC_SEED and FC_FILES in the environment select other files, and more of them.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { NutcrackerConfig, type NutcrackerPoolProps, type NutcrackerServer } from '../../lib/nutcracker';
import { NutcrackerConfigError } from '../../lib/nutcracker/config-error';
import { Lab } from '../lab/lab';
import { anyDice, type Dice, LISTEN_HOSTS, poolsOfAFile, styledFile } from './config-arbitraries';
import { withMistakes } from './config-mutations';
import { nutcrackerAccepts, nutcrackerAcceptsEach, outputOfNutcracker } from './real-verdict';

const SEED = Number(process.env.FC_SEED ?? 20);
const FILES = Number(process.env.FC_FILES ?? 600);

const lab = new Lab();
afterAll(() => lab.close());

test('both accept a good file in any style, and every value is read', () => {
  checkFiles(Math.ceil(FILES / 3), styledFile, ({ text, pools }, accepted) => {
    expect(accepted).toBe(true);
    expect(NutcrackerConfig.fromYaml(text).pools.map(({ settings }) => plain(settings))).toEqual(pools.map(plain));
  });
});

test('both agree on a file with mistakes, except for deliberate refusals', () => {
  const seen = { accepted: 0, refused: 0, refusedOnPurpose: 0 };
  checkFiles(FILES, mistakenFile, ({ text }, accepted) => {
    const read = attempt(text);
    if (read instanceof NutcrackerConfigError) {
      // A deliberate objection quotes nothing from nutcracker; the table below lists them.
      if (accepted) expect(quotesIn(read)).toEqual([]);
      seen[accepted ? 'refusedOnPurpose' : 'refused']++;
    } else if (accepted || read.pools.every(({ listen }) => resolves(listen))) {
      expect(accepted).toBe(true);
      seen.accepted++;
    }
  });
  expect(seen.accepted).toBeGreaterThan(FILES / 20);
  expect(seen.refused).toBeGreaterThan(FILES / 2);
  expect(seen.refusedOnPurpose).toBeLessThan(FILES / 20);
});

test.each([
  ['backslash', setting('redis_auth: "a\\"')],
  ['quote', setting("redis_auth: 'a''")],
])('a quote after a %s does not close a value, and both refuse a file without another quote', (_, text) => {
  expect(nutcrackerAccepts(lab, text)).toBe(false);
  expect(() => NutcrackerConfig.fromYaml(text)).toThrow('nutcracker.yml:4: a quoted value is not closed');
});

test('both refuse a block scalar that begins with a tab', () => {
  const text = setting('redis_auth: |\n    \ta');
  expect(nutcrackerAccepts(lab, text)).toBe(false);
  expect(() => NutcrackerConfig.fromYaml(text)).toThrow('a tab is used for indentation');
});

test.each([
  ['adds no line break to a block scalar that ends the file without one', server('|\n      b:1:1').trimEnd(), true],
  ['adds one if the line has one', server('|\n      b:1:1'), false],
  ['adds one if a line of blanks follows', `${server('|\n      b:1:1')}   `, false],
])('YAML %s, for both', (_, text, accepted) => {
  expect(nutcrackerAccepts(lab, text)).toBe(accepted);
  expect(attempt(text) instanceof NutcrackerConfig).toBe(accepted);
});

describe('nutcracker accepts, and the parser deliberately refuses,', () => {
  test.each([
    ['a number that overflows an int', setting('timeout: 4294967297')],
    ['a weight that overflows an int', server('b:1:4294967297')],
    ['a port that overflows an int', server('b:4294967297:1')],
    ['a listen port that overflows an int', listen('127.0.0.1:4294989417')],
    ['a password with a database, since data goes to database 0', setting('redis_auth: secret\n  redis_db: 1')],
    ['a server without a host, which is unreachable', server('":6379:1"')],
    ['a blank in a host, which is unreachable', server('b c:1:1 name')],
    ['a blank in the path of a socket', server('/b c:1 name')],
    ['an empty name, which two servers cannot both have', server('"b:1:1 "')],
    ['a NUL in a name, which ends it in C', server('"b:1:1 n\\0m"')],
    ['a NUL in a password, which ends it in C', setting('redis_auth: "a\\0b"')],
    ['a NUL in the name of a pool, which ends it in C', server('b:1:1').replace('a:', '"a\\0":')],
    ['a hash tag of one character in two bytes', setting('hash_tag: "é"')],
    ['the rest of a path as permissions', listen('/tmp/a b/c')],
    ['decimal permissions of a socket', listen('/tmp/a 0o644')],
    ['empty permissions of a socket', listen('"/tmp/a "')],
    ['a line of a quoted value that is not indented', setting('redis_auth: "a\nb"')],
    ['a line that is not indented after an escaped quote', setting('redis_auth: "a\\"\nb"')],
    ['a line that is not indented after a doubled quote', setting("redis_auth: 'a''\nb'")],
    ['a name whose 600 characters JavaScript counts as 1200', server('b:1:1').replace('a:', `${'😀'.repeat(600)}:`)],
    ['a block scalar that begins with an empty line of more blanks', setting('redis_auth: |+\n        \n    # a')],
    ['a comment right after a quote', setting('redis_auth: "a"# remark')],
    ['a tab on an empty line', setting('redis_auth: a\n    \t')],
    ['line breaks that YAML 1.2 does not have', `${server('b:1:1')}# \u2028`],
    ['a byte order mark within the file', `${server('b:1:1')}# \ufeff`],
  ])('%s', (_, text) => {
    expect(nutcrackerAccepts(lab, text)).toBe(true);
    const read = attempt(text);
    expect(read).toBeInstanceOf(NutcrackerConfigError);
    expect(quotesIn(read as NutcrackerConfigError)).toEqual([]);
  });

  test('UTF-16', () => {
    const bytes = Buffer.from(`\ufeff${server('b:1:1')}`, 'utf16le');
    expect(nutcrackerAccepts(lab, bytes)).toBe(true);
    const file = join(lab.dir, 'utf-16.yml');
    writeFileSync(file, bytes);
    expect(() => NutcrackerConfig.fromFile(file)).toThrow('utf-16.yml:1:1: this byte is not UTF-8');
  });
});

test('nutcracker refuses a listen host that does not resolve, and the parser does not resolve it', () => {
  const text = 'a:\n  listen: no-such-host.invalid:22121\n  servers:\n    - b:1:1\n';
  expect(nutcrackerAccepts(lab, text)).toBe(false);
  expect(NutcrackerConfig.fromYaml(text).pool().listen).toBe('no-such-host.invalid:22121');
});

/** A generated file and its source. */
interface WrittenFile {
  readonly text: string;
  readonly pools: readonly NutcrackerPoolProps[];
}

/** Checks generated files; reports a file that fails with the verdicts of both sides. */
function checkFiles(
  count: number,
  write: (dice: Dice, pools: readonly NutcrackerPoolProps[]) => string,
  check: (file: WrittenFile, accepted: boolean) => void,
): void {
  const files = fc
    .tuple(poolsOfAFile, anyDice)
    .map(([pools, dice]): WrittenFile => ({ text: write(dice, pools), pools }));
  const written = fc.sample(files, { seed: SEED, numRuns: count });
  const texts = written.map(({ text }) => text);
  const accepted = nutcrackerAcceptsEach(lab, texts);
  expect(accepted).toHaveLength(count);
  for (const [i, file] of written.entries()) {
    try {
      check(file, accepted[i]);
    } catch (error) {
      throw new Error(report(i, file.text, accepted[i]), { cause: error });
    }
  }
}

function report(i: number, text: string, accepted: boolean): string {
  return [
    `file ${i} of FC_SEED=${SEED} FC_FILES=${FILES}:`,
    numbered(text),
    `nutcracker ${accepted ? 'accepts it' : refusalOfNutcracker(text)}`,
    `the parser ${refusalOfParser(text) ?? 'accepts it'}`,
  ].join('\n');
}

function refusalOfNutcracker(text: string): string {
  const reasons = outputOfNutcracker(lab, text).match(/conf: .*/g) ?? ['no reason, possibly a crash'];
  return `refuses it: ${reasons.join('; ')}`;
}

function refusalOfParser(text: string): string | undefined {
  try {
    NutcrackerConfig.fromYaml(text);
    return undefined;
  } catch (error) {
    return `refuses it: ${String(error)}`;
  }
}

/** The lines of the text with numbers, and invisible characters as code points. */
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

/** What the error quotes from nutcracker. */
function quotesIn(error: NutcrackerConfigError): string[] {
  return error.objections.flatMap(({ says }) => says ?? []);
}

function resolves(listen: string): boolean {
  return listen.startsWith('/') || LISTEN_HOSTS.includes(listen.slice(0, listen.lastIndexOf(':')));
}

/** The settings, and the properties of the servers that nutcracker reads. */
function plain({ servers, ...settings }: NutcrackerPoolProps): object {
  return {
    ...settings,
    servers: servers.map(({ address, weight, name }: NutcrackerServer) => ({ address, weight, name })),
  };
}
