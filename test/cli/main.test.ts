import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Redis } from 'ioredis';
import { NutcrackerConfig, NutcrackerPool, NutcrackerServer } from '../../lib/nutcracker';
import { everyNth, longTest } from '../lab/cases';
import { accepts, freePort, Lab, until } from '../lab/lab';
import { pool, servers } from './configurations';
import { ARTICLE, buildInto, type Result, ROOT, run, UNIT_1 } from './program';

const lab = new Lab();
afterAll(() => lab.close());

const bin = buildInto(lab);
const program = path.join(bin, 'cdk8s-twemproxy');

const cli = (...args: string[]): Promise<Result> => run(program, args);
const cliWithStdin = (stdin: string | Uint8Array, ...args: string[]): Promise<Result> => run(program, args, { stdin });
const shell = (script: string): Promise<Result> =>
  run('sh', ['-c', script], { env: { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}` } });

const INFO = 'examples/article/info.txt';
const two = lab.write('two.yml', pool('alpha', servers(4)) + pool('beta', servers(5)));

describe('exit codes', () => {
  const broken = lab.write('broken.yml', pool('alpha', []));

  test.each(
    everyNth(6, [
      [0, ['--help']],
      [0, ['check', '--help']],
      [0, ['where', '--help']],
      [0, ['diff', '--help']],
      [0, ['balance', '--help']],
      [0, ['report', '--help']],
      [0, ['images', '--help']],
      [0, ['images', 'dist']],
      [2, ['images', 'docs']],
      [2, ['images', '-', '-']],
      [2, ['images', 'no/such.yml']],
      [0, ['capacity', ARTICLE, '--info', INFO]],
      [1, ['capacity', ARTICLE, '--info', INFO, '--memory', '128Mi']],
      [1, ['capacity', ARTICLE, '--info', INFO, '--storage', '1Gi']],
      [1, ['capacity', ARTICLE, '--info', INFO, '--node-memory', '128Mi']],
      [2, ['capacity', ARTICLE]],
      [2, ['capacity', ARTICLE, '--info', INFO, '--tls-ca', 'ca.crt']],
      [2, ['capacity', ARTICLE, '--live', '--tls-cert', 'tls.crt', '--tls-key', 'tls.key']],
      [2, ['capacity', ARTICLE, '--live', '--tls-ca', 'ca.crt', '--tls-cert', 'tls.crt']],
      [2, ['capacity', ARTICLE, '--info', INFO, '--live']],
      [2, ['capacity', ARTICLE, '--info', INFO, '--info', INFO]],
      [2, ['capacity', ARTICLE, '--info', INFO, '--memory', '5G']],
      [2, ['capacity', UNIT_1, '--info', INFO]],
      [0, ['--version']],
      [0, ['check', UNIT_1]],
      [1, ['check', broken]],
      [2, ['check', 'no/such.yml']],
      [2, ['check']],
      [2, ['check', UNIT_1, UNIT_1]],
      [2, ['check', '--no-such-option', UNIT_1]],
      [2, ['no-such-command']],
      [2, []],
      [0, ['where', '-c', UNIT_1, 'key']],
      [2, ['where', 'key']],
      [2, ['where', '-c', broken, 'key']],
      [2, ['where', '-c', two, 'key']],
      [2, ['where', '-c', '-']],
      [0, ['diff', UNIT_1, UNIT_1]],
      [1, ['diff', UNIT_1, ARTICLE]],
      [2, ['diff', UNIT_1, broken]],
      [2, ['diff', '-', '-']],
      [0, ['balance', UNIT_1]],
      [0, ['balance', two, '--pattern', 'k{1..9}']],
      [2, ['balance', broken]],
      [2, ['balance', UNIT_1, '--pattern', 'k']],
      [2, ['balance', UNIT_1, '--pattern', 'k{1..2}', '--keys', two]],
      [2, ['balance', UNIT_1, '--keys', 'no/such/keys']],
      [2, ['balance', '-', '--keys', '-']],
    ]),
  )('%d for %j', async (code, args) => {
    const result = await cli(...args);
    expect(result).toMatchObject({ code });
    expect(result.stderr).not.toMatch(/^ +at /m);
    expect(result.stdout.length > 0).toBe(code < 2);
    expect(result.stderr.length > 0).toBe(code === 2);
  });
});

describe('an error', () => {
  test('is one line with the file and the remedy', async () => {
    expect((await cli('check', ROOT)).stderr).toBe(`error: ${ROOT}: it is a directory; name a file in it\n`);
    expect((await cli('where', '-c', two, 'k')).stderr).toBe(
      `error: ${two}: --pool: there are 2 pools; name one of "alpha", "beta"\n`,
    );
    expect((await cli('chek')).stderr).toBe(
      "error: unknown command 'chek' (Did you mean check?); see cdk8s-twemproxy --help\n",
    );
  });

  test('is JSON on standard error with --json', async () => {
    const { stderr } = await cli('diff', '--json', ARTICLE, 'no/such.yml');
    expect(JSON.parse(stderr)).toEqual({
      errors: [expect.objectContaining({ file: 'no/such.yml', message: expect.stringContaining('no such file') })],
    });
    expect(JSON.parse((await cli('check', '--json')).stderr)).toEqual({
      errors: [{ message: expect.stringMatching(/^missing required argument 'file'/) }],
    });
  });

  test.each([`balance ${UNIT_1}`, `where -c ${UNIT_1} key`, `where -c ${UNIT_1} < ${ARTICLE}`])(
    'is reported if %s has no space to write its output',
    async (command) => {
      const { code, stderr } = await shell(`cdk8s-twemproxy ${command} > /dev/full`);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: 'error: standard output: no space is left on the device; free some, or write to another directory\n',
      });
    },
  );
});

describe('a system error is reported with the file and the remedy', () => {
  const init = 'init --yes --nfs-server nfs --nfs-path /export --proxy-image proxy:1';
  const outputs = [
    [`report ${UNIT_1} -o`, 'page.html'],
    [`${init} ${UNIT_1} -d`, 'deep/repo'],
  ];

  test.each(outputs)('if %s cannot write everything; it writes nothing', async (command, name) => {
    const output = path.join(lab.dir, 'limited', name);
    fs.mkdirSync(path.join(lab.dir, 'limited'), { recursive: true });
    // With the signal ignored, the program gets an error, as on a full disk.
    const { code, stderr } = await shell(`trap '' XFSZ; ulimit -f 0; cdk8s-twemproxy ${command} ${output}`);
    const because = 'it would exceed the file size limit; raise the limit (ulimit -f)';
    expect({ code, stderr }).toEqual({ code: 2, stderr: `error: ${output}: ${because}\n` });
    expect(fs.readdirSync(path.join(lab.dir, 'limited'))).toEqual([]);
  });

  test.each(outputs)('if %s gets an output path that is not writable', async (command, name) => {
    for (const directory of [two, '/sys']) {
      const { code, stderr } = await cli(...command.split(' '), path.join(directory, name));
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^error: \S+: [^\n]+; [^\n]+\n$/) });
      expect(stderr).toContain(directory);
      expect(stderr).not.toMatch(/\bE[A-Z]{4,}\b/);
    }
  });

  test.each(
    everyNth(3, [
      `images ${two}/dist`,
      `report ${UNIT_1} -o - --plan ${two}/dist`,
      `report ${UNIT_1} -o - --status ${ROOT}`,
      `${init} ${UNIT_1} -d ${lab.dir}/none --redis-conf ${ROOT}`,
      `${init} ${'x'.repeat(300)}`,
      `balance ${UNIT_1} --keys ${ROOT}`,
    ]),
  )('if %s cannot read', async (command) => {
    const { code, stderr } = await cli(...command.split(' '));
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^error: \S+: [^\n]+; [^\n]+\n$/) });
    expect(stderr).not.toMatch(/\bE[A-Z]{4,}\b/);
  });
});

test.each(
  everyNth(3, [
    [[], '0 success, 1 errors or differences found (see the help of each command), 2 usage or I/O error'],
    [['check'], '0 the file is valid, 1 the file has errors, 2 usage or I/O error'],
    [['where'], '0 success, 2 usage or I/O error'],
    [['diff'], '0 no key would move, 1 keys would move, 2 usage or I/O error'],
    [['balance'], '0 success, 2 usage or I/O error'],
    [['report'], '0 the page is written, 1 the file has errors and nothing is written, 2 usage or I/O error'],
    [['init'], '0 success, 2 usage or I/O error'],
  ]),
)('the help of %j lists its exit codes', async (command, codes) => {
  expect(String((await cli(...command, '--help')).stdout)).toContain(`\nExit codes: ${codes}.\n`);
});

test('--version prints the version of the package', async () => {
  const { version } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  expect(String((await cli('--version')).stdout)).toBe(`${version}\n`);
});

test('a configuration is read from standard input, and named stdin', async () => {
  const article = fs.readFileSync(path.join(ROOT, ARTICLE));
  expect(await cliWithStdin(article, 'diff', ARTICLE, '-')).toMatchObject({ code: 0 });
  expect(await cliWithStdin(article, 'diff', '-', ARTICLE)).toMatchObject({ code: 0 });
  expect(String((await cliWithStdin(article, 'where', '-c', '-', 'user:1')).stdout)).toMatch(/^user:1\tserver/);
  expect(String((await cliWithStdin('', 'check', '-')).stdout)).toMatch(/^stdin:1: error: the file has no pool/);
});

test('keys as arguments and keys as lines give the same result', async () => {
  const byArgument = await cli('where', '-c', two, '--pool', 'beta', 'user:1', '', '--', '--json');
  const byLine = await cliWithStdin('user:1\n\n--json', 'where', '-c', two, '--pool', 'beta');
  expect(String(byArgument.stdout)).toMatch(/^user:1\tserver\d\t\S+\n\tserver\d\t\S+\n--json\tserver\d\t\S+\n$/);
  expect(byLine).toEqual(byArgument);
});

test('every command prints JSON with --json', async () => {
  const documents = [
    await cli('check', '--json', UNIT_1),
    await cli('diff', '--json', ARTICLE, UNIT_1),
    await cli('balance', '--json', '--pattern', 'k{1..9}', two),
  ].map(({ stdout }) => JSON.parse(String(stdout)));
  expect(documents).toMatchObject([{ ok: true }, { same: false }, { pools: [{ keys: 9 }, { keys: 9 }] }]);

  const lines = String((await cliWithStdin('a\nb\n', 'where', '--json', '-c', ARTICLE)).stdout)
    .trimEnd()
    .split('\n');
  expect(lines.map((line) => JSON.parse(line).key)).toEqual(['a', 'b']);
});

test('keys from a file, from a pattern and from standard input are counted alike', async () => {
  const keys = lab.write('keys', Array.from({ length: 500 }, (_, i) => `user:${i + 1}\n`).join(''));
  const byPattern = await cli('balance', two, '--pattern', 'user:{1..500}');
  expect(await cli('balance', two, '--keys', keys)).toEqual(byPattern);
  expect(await cliWithStdin(fs.readFileSync(keys), 'balance', two, '--keys', '-')).toEqual(byPattern);
  expect(String(byPattern.stdout)).toContain('500 keys; ');
});

test('output is coloured on a terminal, or if colours are forced', async () => {
  const escapes = async (script: string): Promise<boolean> => String((await shell(script)).stdout).includes('\u001B[');
  const check = `cdk8s-twemproxy check ${ARTICLE}`;
  expect(await escapes(check)).toBe(false);
  expect(await escapes(`FORCE_COLOR=1 ${check}`)).toBe(true);
  expect(await escapes(`TERM=xterm script -qc '${check}' /dev/null`)).toBe(true);
  expect(await escapes(`TERM=xterm NO_COLOR=1 script -qc '${check}' /dev/null`)).toBe(false);
});

test('a reader that stops early ends the program without an error', async () => {
  const { code, stdout, stderr } = await shell(
    `yes user:1 | (cdk8s-twemproxy where -c ${ARTICLE}; echo "ended with $?" >&2) | head -n 2`,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'ended with 0\n' });
  expect(String(stdout)).toMatch(/^(user:1\tserver3\t\S+\n){2}$/);
});

test.each([`report ${UNIT_1} -o -`, `check ${two}`, 'check no/such.yml', '--help'])(
  '%s prints nothing if the reader is gone',
  async (command) => {
    const { stdout } = await shell(`(cdk8s-twemproxy ${command}; echo "$?" > ${lab.dir}/code) 2>&1 | true`);
    expect(String(stdout)).toBe('');
    expect(['0\n', '2\n']).toContain(fs.readFileSync(`${lab.dir}/code`, 'utf8'));
  },
);

test('an endless file is refused', async () => {
  expect((await cli('check', '/dev/zero')).stderr).toMatch(/^error: \/dev\/zero: it has more than 67108864 bytes/);
});

/** The peak memory of a process in MiB, from the kernel. */
function peakOf(pid: number): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1]) / 1024;
}

longTest('hundreds of megabytes of keys need constant memory', async () => {
  const child = spawn(program, ['where', '-c', ARTICLE], { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    let received = 0;
    child.stdout.on('data', (data: Buffer) => (received += data.length));
    const block = Buffer.from(`${'k'.repeat(1023)}\n`.repeat(1024));
    for (let i = 0; i < 300; i++) if (!child.stdin.write(block)) await once(child.stdin, 'drain');
    const all = 300 * (block.length + 1024 * '\tserver0\tstateful-redis-0:6379'.length);
    await until('every key is printed', () => received === all);
    expect(peakOf(child.pid ?? 0)).toBeLessThan(200);
  } finally {
    child.kill('SIGKILL');
  }
});

test('where finds every key that a real nutcracker wrote', async () => {
  const shards = await Promise.all(
    ['one', 'two', 'three'].map(async (name) => {
      const socket = path.join(lab.dir, `${name}.sock`);
      const args = ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', lab.dir];
      const server = lab.start('redis-server', args);
      await server.ready(() => accepts(socket));
      return new NutcrackerServer({ address: socket, name });
    }),
  );
  const port = await freePort();
  const proxied = new NutcrackerPool({ name: 'alpha', listen: `127.0.0.1:${port}`, servers: shards, redis: true });
  const yaml = NutcrackerConfig.of([proxied]).toYaml();
  const nutcracker = await lab.nutcracker(yaml, [port]);
  const proxy = new Redis({ port, enableReadyCheck: false, disableClientInfo: true });
  const keys = Array.from({ length: 300 }, (_, i) =>
    Buffer.concat([Buffer.from(`${i * 7919}:ключ`), Buffer.of(1 + (i % 9), 255 - (i % 50))]),
  );
  await Promise.all(keys.map((key) => proxy.set(key, 'value')));
  proxy.disconnect();
  await nutcracker.stop('SIGKILL');

  const config = lab.write('proxied.yml', yaml);
  let found = 0;
  for (const { address, name } of shards) {
    const scan = `redis-cli -s ${address} --scan | cdk8s-twemproxy where -c ${config}`;
    const ends = String((await shell(scan)).stdout)
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t').slice(-2));
    expect(ends.filter(([server]) => server !== name)).toEqual([]);
    found += ends.length;
  }
  expect(found).toBe(keys.length);
});
