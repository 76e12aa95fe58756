// The program as it is shipped, on a pseudo-terminal and without one.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Lab, type Program, until } from '../../../lab/lab';
import { pool, servers } from '../../configurations';
import { buildInto, run } from '../../program';

const lab = new Lab();
let bin: string;
beforeAll(() => (bin = path.join(buildInto(lab), 'cdk8s-twemproxy')));
afterAll(() => lab.close());

/** A directory with a nutcracker.yml. */
function place(name: string): string {
  return path.dirname(lab.write(`${name}/nutcracker.yml`, pool('alpha', servers(3), 'redis_auth: s3cret')));
}

/** Starts init on a terminal, in this directory. */
function startOnTerminal(cwd: string, ...args: readonly string[]): Program {
  const command = `'${bin}' init nutcracker.yml ${args.join(' ')}`;
  // Standard output and standard error are one stream, as on any terminal.
  return lab.start('script', ['-qec', command, '/dev/null'], { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Types the answer when the question appears. */
async function type(at: Program, question: string, answer: string): Promise<void> {
  await until(`it asks ${question} (so far: ${at.output})`, () => at.output.includes(question));
  at.child.stdin?.write(answer);
}

test('answers on a terminal create a repository', async () => {
  const cwd = place('asked');
  const at = startOnTerminal(cwd, '--namespace', 'shop', '--proxy-networks', '10.0.0.0/8');
  await type(at, 'Name of the fleet [alpha]: ', 'unit 1\n');
  await type(at, '"unit 1": use at most 39', 'unit-1\n');
  await type(at, 'Name of the Secret for the password [unit-1-redis]: ', '\n');
  await type(at, 'Memory of each shard [1Gi]: ', '2Gi\n');
  await type(at, 'NFS server (empty to use a StorageClass): ', '\n');
  await type(at, 'StorageClass of the volumes: ', 'fast\n');
  await type(at, 'Size of the volume of each shard [8Gi]: ', '\n');
  await type(at, 'Image of the proxies', 'proxy:1\n');
  await type(at, 'Image of the new servers', '\n');
  await type(at, 'Replicas of each shard, 0 or 1 [0]: ', '1\n');
  expect(await at.exit()).toBe(0);
  const fleet = fs.readFileSync(path.join(cwd, 'unit-1', 'fleets', 'unit-1', 'fleet.ts'), 'utf8');
  expect(fleet).toContain("namespace: 'shop',");
  expect(fleet).toContain('replicas: 1 },');
  expect(fleet).toContain(
    "storage: ShardStorage.claimTemplate({ capacity: Size.gibibytes(8), storageClassName: 'fast' }),",
  );
  expect(at.output).not.toMatch(/Namespace|Networks|s3cret/);
});

test.each([
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
])('%s leaves nothing behind', async (name, key) => {
  const cwd = place(name);
  const at = startOnTerminal(cwd);
  await type(at, 'Name of the fleet [alpha]: ', '\n');
  await type(at, 'Namespace to create [alpha]: ', key);
  expect(await at.exit()).toBe(2);
  expect(at.output).toContain('cancelled; nothing was written');
  expect(fs.readdirSync(cwd)).toEqual(['nutcracker.yml']);
});

test('on a terminal --yes asks no questions', async () => {
  const at = startOnTerminal(place('yes'), '--yes');
  expect(await at.exit()).toBe(2);
  expect(at.output).toContain('--proxy-image is missing');
  expect(at.output).not.toContain('Name of the fleet');
});

const ENOUGH = ['--storage-class', 'fast', '--proxy-image', 'proxy:1'];

test('without a terminal, init asks no questions, and prints JSON with --json', async () => {
  const cwd = place('script');
  const { code, stdout, stderr } = await run(bin, ['init', 'nutcracker.yml', ...ENOUGH, '--json'], { cwd });
  expect([code, stderr]).toEqual([0, '']);
  expect(JSON.parse(String(stdout))).toMatchObject({
    directory: 'alpha',
    fleets: [{ fleet: 'alpha' }],
    check: { ok: true },
  });
  expect(fs.readdirSync(path.join(cwd, 'alpha'))).toContain('main.ts');
});

test('errors are printed to standard error, as for every command', async () => {
  const cwd = place('twice');
  const again = ['init', 'nutcracker.yml', ...ENOUGH, '--directory', '.'];
  expect(await run(bin, again, { cwd })).toMatchObject({ code: 0 });
  const before = fs.readdirSync(cwd, { recursive: true });
  const { code, stdout, stderr } = await run(bin, again, { cwd });
  expect([code, String(stdout)]).toEqual([2, '']);
  expect(stderr).toMatch(
    /^error: fleets\/alpha\/nutcracker.yml:\d+: \S+ of pool "alpha" already moves with fleet alpha; /,
  );
  expect(fs.readdirSync(cwd, { recursive: true })).toEqual(before);

  const both = await run(bin, ['init', 'nutcracker.yml', ...ENOUGH, '--nfs-server', 'a'], { cwd });
  expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('--nfs-server') });
});
