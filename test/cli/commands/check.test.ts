import { check } from '../../../cli/commands/check';
import { paintFor } from '../../../cli/output/text';
import { plain, pool, servers } from '../configurations';
import { inputOf } from '../program';

interface Remark {
  readonly pool: string;
  readonly code?: string;
  readonly line?: number;
  readonly message: string;
}
interface Json {
  readonly errors: readonly Remark[];
  readonly warnings: readonly Remark[];
  readonly notes: readonly Remark[];
}

async function answerTo(...pools: readonly (string | Uint8Array)[]) {
  const answer = await check('-', inputOf(...pools));
  return { exitCode: answer.exitCode, json: answer.json as Json, lines: answer.lines(plain) };
}

/** A pool without anything to say against it. */
const fine = pool('fine', servers(4), 'hash: murmur');

test('a configuration without flaws gets the verdict of nutcracker and no more', async () => {
  expect(await answerTo(fine)).toEqual({
    exitCode: 0,
    lines: ["nutcracker: configuration file 'stdin' syntax is ok (0 warnings, 0 notes)"],
    json: { file: 'stdin', ok: true, errors: [], warnings: [], notes: [] },
  });
});

test('what nutcracker refuses is an error with its line and the words of nutcracker', async () => {
  const { exitCode, lines, json } = await answerTo(pool('alpha', ['10.0.0.1:6379:0'], 'hash: sha1'));
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

test('what nutcracker takes although it does not work is an error, but not called the verdict of nutcracker', async () => {
  const { exitCode, lines } = await answerTo(pool('alpha', servers(1), 'redis_auth: secret', 'redis_db: 1'));
  expect(exitCode).toBe(1);
  expect(lines.at(-1)).toBe("configuration file 'stdin' does not work as it is written (1 error)");
});

test('weights that nutcracker cannot add up are such an error', async () => {
  const heavy = servers(3).map((server) => server.replace(':1 ', ':2147483647 '));
  const { exitCode, json } = await answerTo(pool('alpha', heavy));
  expect(exitCode).toBe(1);
  expect(json.errors).toMatchObject([{ file: 'stdin', pool: 'alpha', subject: 'servers' }]);
});

test('bytes that are not UTF-8 are an error of the file', async () => {
  const { exitCode, lines } = await answerTo(Buffer.from('alpha:\n  listen: \xff', 'latin1'));
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
])('%s is a template, and called so once: %s', async (line, isTemplate) => {
  const { lines } = await answerTo(pool('alpha', servers(2), line));
  expect(lines.filter((one) => one.includes('render it first'))).toHaveLength(isTemplate ? 1 : 0);
  expect(lines.filter((one) => one.includes('error: '))).toHaveLength(isTemplate ? 1 : 0);
  expect(lines.join('\n')).not.toContain('s3cret');
});

test.each(['bind 127.0.0.1 ::1\nsave ""\n', '# x\nport 6379\nrename-command CONFIG "a: b"\n'])(
  'a redis.conf is called so: %j',
  async (text) => {
    const { lines, exitCode } = await answerTo(text);
    expect([exitCode, lines.length]).toEqual([1, 2]);
    expect(lines[0]).toMatch(/^stdin:[12]: error: this is a redis.conf; .*pass the nutcracker.yml of its proxies$/);
  },
);

test('a file of 15 MB is refused by its size', async () => {
  const { lines } = await answerTo(pool('alpha', servers(2)).padEnd(15_000_000, '#'));
  expect(lines[0]).toMatch(/^stdin: error: the file has 15000000 bytes, and a ConfigMap holds at most 1048576; /);
});

test('warnings and notes of every pool are told, and leave the exit code alone', async () => {
  const { exitCode, lines, json } = await answerTo(
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
    ['beta', expect.stringContaining('in one fleet with pool "alpha": they share servers')],
    ['fine', expect.stringContaining('in one fleet with pool "alpha"')],
  ]);
  expect(lines).toEqual([
    expect.stringMatching(/^stdin:5: warning: pool "alpha": while a server fails.* \[auto-eject-hosts\]$/),
    expect.stringMatching(/^stdin: warning: pool "alpha": fnv1a_64 puts keys.* \[uneven-keys\]$/),
    expect.stringMatching(/^stdin: warning: pool "beta": crc32 puts keys.* \[uneven-keys\]$/),
    expect.stringMatching(/^stdin: note: pool "alpha": hash fnv1a_64/),
    expect.stringMatching(/^stdin: note: pool "beta": .*never get a key/),
    expect.stringMatching(/^stdin: note: pool "beta": it is in one fleet with pool "alpha"/),
    expect.stringMatching(/^stdin: note: pool "fine": it is in one fleet with pool "alpha"/),
    "nutcracker: configuration file 'stdin' syntax is ok (3 warnings, 4 notes)",
  ]);
});

test('a pool of one server, and one without a ring, are no obstacle', async () => {
  const { exitCode, json } = await answerTo(
    pool('one', servers(1), 'hash: crc32'),
    pool('random', servers(2), 'distribution: random'),
  );
  expect(exitCode).toBe(0);
  expect(json.warnings).toMatchObject([{ pool: 'random', code: 'distribution-random' }]);
});

test('a file that cannot be read gets no verdict', async () => {
  await expect(check('no/such.yml', inputOf())).rejects.toThrow('no/such.yml: there is no such file; ');
  await expect(check(__dirname, inputOf())).rejects.toThrow(`${__dirname}: it is a directory; name a file in it`);
  await expect(check(`${__filename}/x`, inputOf())).rejects.toThrow('a part of the path is a file, not a directory');
});

test('the words that matter are coloured on a terminal', async () => {
  const answer = await check('-', inputOf(fine));
  const [verdict] = answer.lines(paintFor({ isTTY: true }, {}));
  expect(verdict).toBe("\u001B[32mnutcracker: configuration file 'stdin' syntax is ok\u001B[0m (0 warnings, 0 notes)");
});
