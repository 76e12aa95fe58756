import { check } from '../../../cli/commands/check';
import { paintFor } from '../../../cli/output/text';
import { plain, pool, servers } from '../configurations';
import { inputOf } from '../program';

interface Finding {
  readonly pool: string;
  readonly code?: string;
  readonly line?: number;
  readonly message: string;
}
interface Json {
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
  readonly notes: readonly Finding[];
}

async function resultOf(...pools: readonly (string | Uint8Array)[]) {
  const result = await check('-', inputOf(...pools));
  return { exitCode: result.exitCode, json: result.json as Json, lines: result.lines(plain) };
}

/** A pool without warnings and notes. */
const fine = pool('fine', servers(4), 'hash: murmur');

test('a configuration without findings gets only the line of nutcracker', async () => {
  expect(await resultOf(fine)).toEqual({
    exitCode: 0,
    lines: ["nutcracker: configuration file 'stdin' syntax is ok (0 warnings, 0 notes)"],
    json: { file: 'stdin', ok: true, errors: [], warnings: [], notes: [] },
  });
});

test('what nutcracker refuses is an error with its line and the message of nutcracker', async () => {
  const { exitCode, lines, json } = await resultOf(pool('alpha', ['10.0.0.1:6379:0'], 'hash: sha1'));
  expect(exitCode).toBe(1);
  expect(lines).toEqual([
    expect.stringMatching(
      /^stdin:5: error: pool "alpha": hash: .*nutcracker says: .*is not a valid hash; write one of/,
    ),
    expect.stringMatching(/^stdin:7: error: pool "alpha": servers: .*nutcracker says: .*zero weight/),
    "nutcracker: configuration file 'stdin' syntax is invalid (2 errors)",
  ]);
  expect(json).toMatchObject({
    ok: false,
    errors: [{ file: 'stdin', line: 5, pool: 'alpha', subject: 'hash' }, { line: 7 }],
  });
  expect(json.errors[0].message).toMatch(/^stdin:5: .*nutcracker says/);
});

test('what nutcracker accepts although it cannot work is an error, but not reported as one of nutcracker', async () => {
  const { exitCode, lines } = await resultOf(pool('alpha', servers(1), 'redis_auth: secret', 'redis_db: 1'));
  expect(exitCode).toBe(1);
  expect(lines.at(-1)).toBe("configuration file 'stdin' is not usable (1 error)");
});

test('weights whose sum overflows are such an error', async () => {
  const heavy = servers(3).map((server) => server.replace(':1 ', ':2147483647 '));
  const { exitCode, json } = await resultOf(pool('alpha', heavy));
  expect(exitCode).toBe(1);
  expect(json.errors).toMatchObject([{ file: 'stdin', pool: 'alpha', subject: 'servers' }]);
});

test('bytes that are not UTF-8 are an error', async () => {
  const { exitCode, lines } = await resultOf(Buffer.from('alpha:\n  listen: \xff', 'latin1'));
  expect(exitCode).toBe(1);
  expect(lines).toEqual([
    expect.stringMatching(/^stdin:2:11: error: this byte is not UTF-8; /),
    expect.stringContaining('(1 error)'),
  ]);
});

test.each([
  ['redis_auth: ${REDIS_PASSWORD:-s3cret}', true],
  ["redis_auth: '{{ password }}'", true],
  ['timeout: {{ timeout }}', true],
  ['{% if auth %}', true],
  ['redis_auth: a${b}c # {{ managed }}', false],
  ['servers:\n  - ${HOST}:6379:1', true],
  ['redis_auth: $ECRET', false],
])('%s is reported once as a template: %s', async (line, isTemplate) => {
  const { lines } = await resultOf(pool('alpha', servers(2), line));
  expect(lines.filter((one) => one.includes('render it first'))).toHaveLength(isTemplate ? 1 : 0);
  expect(lines.filter((one) => one.includes('error: '))).toHaveLength(isTemplate ? 1 : 0);
  expect(lines.join('\n')).not.toContain('s3cret');
});

test.each(['bind 127.0.0.1 ::1\nsave ""\n', '# x\nport 6379\nrename-command CONFIG "a: b"\n'])(
  'a redis.conf is recognized: %j',
  async (text) => {
    const { lines, exitCode } = await resultOf(text);
    expect([exitCode, lines.length]).toEqual([1, 2]);
    expect(lines[0]).toMatch(/^stdin:[12]: error: this is a redis.conf; .*pass the nutcracker.yml of its proxies$/);
  },
);

test('a file of 15 MB is too large', async () => {
  const { lines } = await resultOf(pool('alpha', servers(2)).padEnd(15_000_000, '#'));
  expect(lines[0]).toMatch(/^stdin: error: the file has 15000000 bytes, and a ConfigMap holds at most 1048576; /);
});

test('warnings and notes of every pool are printed, and do not change the exit code', async () => {
  const { exitCode, lines, json } = await resultOf(
    pool('alpha', servers(4), 'auto_eject_hosts: true', 'hash: fnv1a_64'),
    pool('beta', servers(108), 'hash: crc32'),
    fine,
  );
  expect(exitCode).toBe(0);
  expect(json.warnings.map(({ pool, code, line }) => [pool, code, line])).toEqual([
    ['alpha', 'auto-eject-hosts', 5],
    ['alpha', 'uneven-keys', undefined],
    ['beta', 'uneven-keys', undefined],
  ]);
  expect(json.notes.map(({ pool, message }) => [pool, message])).toEqual([
    ['alpha', expect.stringContaining('arm64')],
    ['beta', expect.stringContaining('never get a key')],
    ['beta', expect.stringContaining('in the same fleet as pool "alpha": they share servers')],
    ['fine', expect.stringContaining('in the same fleet as pool "alpha"')],
  ]);
  expect(lines).toEqual([
    expect.stringMatching(/^stdin:5: warning: pool "alpha": while a server fails.* \[auto-eject-hosts\]$/),
    expect.stringMatching(/^stdin: warning: pool "alpha": fnv1a_64 puts keys.* \[uneven-keys\]$/),
    expect.stringMatching(/^stdin: warning: pool "beta": crc32 puts keys.* \[uneven-keys\]$/),
    expect.stringMatching(/^stdin: note: pool "alpha": hash fnv1a_64/),
    expect.stringMatching(/^stdin: note: pool "beta": .*never get a key/),
    expect.stringMatching(/^stdin: note: pool "beta": it is in the same fleet as pool "alpha"/),
    expect.stringMatching(/^stdin: note: pool "fine": it is in the same fleet as pool "alpha"/),
    "nutcracker: configuration file 'stdin' syntax is ok (3 warnings, 4 notes)",
  ]);
});

test('a pool of one server, and one without a ring, are valid', async () => {
  const { exitCode, json } = await resultOf(
    pool('one', servers(1), 'hash: crc32'),
    pool('random', servers(2), 'distribution: random'),
  );
  expect(exitCode).toBe(0);
  expect(json.warnings).toMatchObject([{ pool: 'random', code: 'distribution-random' }]);
});

test('a file that cannot be read is an error without a result', async () => {
  await expect(check('no/such.yml', inputOf())).rejects.toThrow('no/such.yml: there is no such file; ');
  await expect(check(__dirname, inputOf())).rejects.toThrow(`${__dirname}: it is a directory; name a file in it`);
  await expect(check(`${__filename}/x`, inputOf())).rejects.toThrow('a part of the path is a file, not a directory');
});

test('the verdict is coloured on a terminal', async () => {
  const result = await check('-', inputOf(fine));
  const [verdict] = result.lines(paintFor({ isTTY: true }, {}));
  expect(verdict).toBe("\u001B[32mnutcracker: configuration file 'stdin' syntax is ok\u001B[0m (0 warnings, 0 notes)");
});
