// From the packed program to passing tests, as for a user, with a local registry.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse } from 'yaml';
import { HashRing, NutcrackerConfig } from '../../../../lib';
import { problemsOf } from '../../../lab/kubernetes-schema';
import { Lab } from '../../../lab/lab';
import { Registry } from '../../../lab/registry';
import { filesOf, objectsIn } from '../../../lab/synthesized';
import { packInto, run as runHere } from '../../../package/packed';
import { edit, largeFleet, oddFleet, runIn, UNIT_1 } from './repository';

const lab = new Lab();
let registry: Registry;
beforeAll(async () => {
  const packed = packInto(lab);
  runHere(lab.dir, 'tar', '-xzf', packed);
  registry = await Registry.start(packed);
});
afterAll(async () => {
  await registry.close();
  await lab.close();
});

/** Runs a command that gets packages only from the local registry, with an empty cache. */
function run(repo: string, command: string) {
  return runIn(repo, command, {
    npm_config_registry: registry.url,
    npm_config_cache: path.join(lab.dir, 'cache'),
    npm_config_audit: 'false',
    // Blocks all other network access.
    HTTPS_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1',
    npm_config_fetch_retries: '0',
  });
}

const PASSED = { code: 0, output: expect.stringMatching(/pass 2$/m) };

describe.each([
  ['unit-1', () => UNIT_1, 'redis-02.unit-1.example.net:6380:1'],
  ['an odd fleet', () => oddFleet(lab), '[::1:2]:06379:7'],
  ['a large fleet', () => largeFleet(lab), 'redis-7.example.net:6379:3'],
])('%s', (name, args, server) => {
  const repo = path.join(lab.dir, name);
  let fleet: string;

  test('is installed, synthesized and tested', async () => {
    const program = 'package/build/cli/main.js';
    const printed = runHere(lab.dir, process.execPath, program, 'init', ...args(), '--directory', repo);
    [fleet] = fs.readdirSync(path.join(repo, 'fleets'));
    // The packages are the same for every fleet, and take a minute.
    if (name !== 'unit-1') runHere(lab.dir, 'cp', '-al', 'unit-1/node_modules', repo);
    expect(await run(lab.dir, printed.split(/^Next steps.*$/m)[1])).toEqual(PASSED);
  });

  // It is the same for every fleet.
  if (name === 'unit-1')
    test('has a test that fails without dist/, and names the command', async () => {
      const unsynthesized = await run(repo, 'rm -r dist && npm test');
      expect(unsynthesized).toEqual({ code: 1, output: expect.stringContaining('run "npm run synth"') });
      expect(await run(repo, 'npm run synth')).toMatchObject({ code: 0 });
    });

  test('has valid manifests, and keeps every key on its server', () => {
    const objects = objectsIn(filesOf(path.join(repo, 'dist')));
    expect(objects.flatMap(problemsOf)).toEqual([]);
    const written = objects.flatMap(({ data }) => (data?.['nutcracker.yml'] as string | undefined) ?? []);
    const directory = path.join(repo, 'fleets', fleet);
    const { pools } = JSON.parse(fs.readFileSync(path.join(directory, 'ring.json'), 'utf8')) as {
      pools: { pool: string }[];
    };
    const [{ pool }] = pools;
    const before = NutcrackerConfig.fromFile(path.join(directory, 'nutcracker.yml')).pool(pool);
    expect(HashRing.of(before).diff(HashRing.of(NutcrackerConfig.fromYaml(written[0]).pool()))).toMatchObject({
      isSame: true,
    });
  });

  // It is the same for every fleet, and takes minutes.
  if (name === 'unit-1')
    test('passes its own CI, which fails if dist/ is not up to date', async () => {
      const commit = 'git add . && git -c user.name=a -c user.email=a@example.net commit -qm x';
      expect(await run(repo, `git init -q && ${commit} && git check-ignore -q node_modules`)).toMatchObject({
        code: 0,
      });
      const { jobs } = parse(fs.readFileSync(path.join(repo, '.github/workflows/ci.yml'), 'utf8')) as Workflow;
      const steps = jobs.check.steps.flatMap((step) => step.run ?? []);
      expect(await run(repo, steps.join('\n'))).toEqual(PASSED);

      edit(
        repo,
        path.join('fleets', fleet, 'fleet.ts'),
        '    phase:',
        "    image: 'docker.io/library/node:24.1.0',\n    phase:",
      );
      const changed = await run(repo, `${commit} && ${steps.slice(1).join('\n')}`);
      expect(changed).toEqual({ code: 1, output: expect.stringMatching(/^\+ .*node:24.1.0/m) });
    });

  test('has a test that detects an edited ring, also after a synth', async () => {
    edit(repo, path.join('fleets', fleet, 'nutcracker.yml'), server, `${server}1`);
    expect(await run(repo, 'npm run synth && npm test')).toEqual({
      code: 1,
      output: expect.stringMatching(/^ok 1 - dist\/ is up to date$[^]*^not ok 2 - the rings of /m),
    });
  });

  if (name === 'unit-1')
    test('has a synth that does not change dist/ if it fails', async () => {
      edit(
        repo,
        path.join('fleets', fleet, 'fleet.ts'),
        'phase: MigrationPhase.MOVING',
        "phase: MigrationPhase.MOVING, image: 'latest'",
      );
      const before = filesOf(path.join(repo, 'dist'));
      const { code } = await run(repo, 'npm run synth');
      expect(code).not.toBe(0);
      expect(filesOf(path.join(repo, 'dist'))).toEqual(before);
    });
});

interface Workflow {
  readonly jobs: { readonly check: { readonly steps: readonly { readonly run?: string }[] } };
}
