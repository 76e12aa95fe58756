// A repository from the packed program, installed with the packages of this one.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Lab } from '../../../lab/lab';
import { ROOT } from '../../../lab/synthesized';
import { install, OWN, packInto, run } from '../../../package/packed';
import { edit, NFS, PROXY, runIn, UNIT_1 } from './repository';

const lab = new Lab();
const repo = path.join(lab.dir, 'repo');
let packed: string;
beforeAll(() => {
  packed = packInto(lab);
  const tools = ['cdk8s-cli', 'tsx', 'typescript-7'].map((name) => path.join(ROOT, 'node_modules', name));
  install(lab.dir, '--offline', packed, ...OWN, ...tools);
  run(lab.dir, 'npx', '--no', '--', 'cdk8s-twemproxy', 'init', ...UNIT_1, '--directory', 'repo');
  // Another fleet, of two pools on the same servers, in the same namespace.
  const web = 'web:\n  listen: 0.0.0.0:22121\n  redis: true\n  servers:\n    - 10.0.0.1:6379:1\n';
  const both = lab.write('shop.yml', web + web.replace('web', 'jobs').replace('22121', '22122\n  redis_db: 3'));
  const options = [...NFS, ...PROXY, '--fleet', 'shop', '--namespace', 'unit-1'];
  run(lab.dir, 'npx', '--no', '--', 'cdk8s-twemproxy', 'init', both, ...options, '--directory', 'repo');
});
afterAll(() => lab.close());

test('it has the packed file from which the program was installed', () => {
  const { dependencies } = JSON.parse(fs.readFileSync(path.join(repo, 'package.json'), 'utf8'));
  const file = `vendor/${path.basename(packed)}`;
  expect(dependencies['cdk8s-twemproxy']).toBe(`file:${file}`);
  expect(fs.readFileSync(path.join(repo, file)).equals(fs.readFileSync(packed))).toBe(true);
});

test('its tests pass after a synth, and fail after manifests or rings are edited', async () => {
  expect(await runIn(repo, 'npm run synth && npm test')).toEqual({
    code: 0,
    output: expect.stringMatching(/pass 3$/m),
  });

  const written = fs.readdirSync(path.join(repo, 'dist')).filter((name) => /00-namespace|RUNBOOK/.test(name));
  expect(written).toEqual(['shop.RUNBOOK.md', 'unit-1-00-namespace.k8s.yaml', 'unit-1.RUNBOOK.md']);

  const described = 'fleets/unit-1/fleet.ts';
  const before = fs.readFileSync(path.join(repo, 'dist', 'unit-1-40-twemproxy.k8s.yaml'));
  edit(
    repo,
    described,
    "proxies: { image: 'registry.example.net",
    "proxies: { replicas: 2 as string, image: 'registry.example.net",
  );
  const untyped = await runIn(repo, 'npm run synth');
  expect(untyped).toEqual({ code: expect.any(Number), output: expect.stringContaining(described) });
  expect(untyped.code).not.toBe(0);
  expect(untyped.output).toMatch(/Conversion of type 'number' to type 'string'|not assignable/);
  expect(fs.readFileSync(path.join(repo, 'dist', 'unit-1-40-twemproxy.k8s.yaml'))).toEqual(before);
  edit(repo, described, 'replicas: 2 as string, ', '');

  edit(
    repo,
    'fleets/unit-1/nutcracker.yml',
    'redis-02.unit-1.example.net:6380:1',
    'redis-02.unit-1.example.net:6380:2',
  );
  const { code, output } = await runIn(repo, 'node --import tsx --test main.test.ts');
  expect(code).toBe(1);
  expect(output).toMatch(/^not ok 1 - dist[^]*run "npm run synth"[^]*'unit-1-45-plan.k8s.yaml'/m);
  expect(output).toMatch(/^not ok 3 - the rings of unit-1[^]*\+ +'redis-02.unit-1.example.net:6380:2'/m);
});
