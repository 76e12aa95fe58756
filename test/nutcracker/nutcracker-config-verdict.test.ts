// The parser and the real `nutcracker -t` read the same generated files, good and bad, and must agree.
// FC_SEED and FC_FILES in the environment read others, and more of them.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { NutcrackerConfig, type NutcrackerPoolProps, type NutcrackerServer } from '../../lib/nutcracker';
import { NutcrackerConfigError } from '../../lib/nutcracker/config-error';
import { Lab } from '../lab/lab';
import { anyDice, LISTEN_HOSTS, poolsOfAFile, styledFile } from './config-arbitraries';
import { withMistakes } from './config-mutations';
import { nutcrackerTakes } from './real-verdict';

const SEED = Number(process.env.FC_SEED ?? 20);
const FILES = Number(process.env.FC_FILES ?? 600);

const lab = new Lab();
afterAll(() => lab.close());

test('a good file is taken by both, whatever its style, and every value is read', () => {
  fc.assert(
    fc.property(poolsOfAFile, anyDice, (pools, dice) => {
      const text = styledFile(dice, pools);
      expect({ text, taken: nutcrackerTakes(lab, text) }).toEqual({ text, taken: true });
      expect(NutcrackerConfig.fromYaml(text).pools.map(({ settings }) => plain(settings))).toEqual(pools.map(plain));
    }),
    { seed: SEED, numRuns: Math.ceil(FILES / 3), endOnFailure: true },
  );
});

test('a file with mistakes is taken or refused by both, but for what is refused on purpose', () => {
  const seen = { taken: 0, refused: 0, refusedOnPurpose: 0 };
  fc.assert(
    fc.property(poolsOfAFile, anyDice, (pools, dice) => {
      const text = withMistakes(dice, styledFile(dice, pools));
      const taken = nutcrackerTakes(lab, text);
      const read = attempt(text);
      if (read instanceof NutcrackerConfigError) {
        // An objection that claims no words of nutcracker's is one on purpose; the table below names them.
        if (taken) expect({ text, claims: claimsOf(read) }).toEqual({ text, claims: [] });
        seen[taken ? 'refusedOnPurpose' : 'refused']++;
      } else {
        fc.pre(read.pools.every(({ listen }) => resolves(listen)));
        expect({ text, taken }).toEqual({ text, taken: true });
        seen.taken++;
      }
    }),
    { seed: SEED, numRuns: FILES, endOnFailure: true },
  );
  expect(seen.taken).toBeGreaterThan(FILES / 20);
  expect(seen.refused).toBeGreaterThan(FILES / 2);
  expect(seen.refusedOnPurpose).toBeLessThan(FILES / 20);
});

describe('nutcracker takes and the parser refuses, on purpose,', () => {
  const server = (line: string): string => `a:\n  listen: 127.0.0.1:22121\n  servers:\n    - ${line}\n`;
  const setting = (line: string): string =>
    `a:\n  listen: 127.0.0.1:22121\n  redis: true\n  ${line}\n  servers:\n    - b:1:1\n`;
  const listen = (value: string): string => `a:\n  listen: ${value}\n  servers:\n    - b:1:1\n`;

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
    expect(() => NutcrackerConfig.fromFile(file)).toThrow('utf-16.yml: it is not UTF-8');
  });
});

test('nutcracker refuses a host to listen on that does not resolve, and the parser does not look it up', () => {
  const text = 'a:\n  listen: no-such-host.invalid:22121\n  servers:\n    - b:1:1\n';
  expect(nutcrackerTakes(lab, text)).toBe(false);
  expect(NutcrackerConfig.fromYaml(text).pool().listen).toBe('no-such-host.invalid:22121');
});

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
  return listen.startsWith('/') || LISTEN_HOSTS.some((host) => listen.startsWith(`${host}:`));
}

/** The settings, and of the servers what nutcracker knows of them. */
function plain({ servers, ...settings }: NutcrackerPoolProps): object {
  return {
    ...settings,
    servers: servers.map(({ address, weight, name }: NutcrackerServer) => ({ address, weight, name })),
  };
}
