// A repository from the packed program, which it finds beside the packages of this one.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Lab } from '../../lab/lab';
import { ROOT } from '../../lab/synthesized';
import { install, OWN, packInto, run } from '../../package/packed';
import { edit, runIn, UNIT_1 } from './repository';

const lab = new Lab();
const repo = path.join(lab.dir, 'repo');
beforeAll(() => {
  const tools = ['cdk8s-cli', 'tsx', 'typescript-7'].map((name) => path.join(ROOT, 'node_modules', name));
  install(lab.dir, '--offline', packInto(lab), ...OWN, ...tools);
  run(lab.dir, 'npx', '--no', '--', 'cdk8s-twemproxy', 'init', ...UNIT_1, '--directory', 'repo');
});
afterAll(() => lab.close());

test('its tests pass once it is synthesized, and fail when what they pin is edited', async () => {
  expect(await runIn(repo, 'npm run synth && npm test')).toEqual({
    code: 0,
    output: expect.stringMatching(/pass 2$/m),
  });

  const before = fs.readFileSync(path.join(repo, 'dist', 'unit-1-40-twemproxy.k8s.yaml'));
  edit(
    repo,
    'main.ts',
    "proxies: { image: 'registry.example.net",
    "proxies: { replicas: 2 as string, image: 'registry.example.net",
  );
  const untyped = await runIn(repo, 'npm run synth');
  expect(untyped).toEqual({ code: expect.any(Number), output: expect.stringContaining('main.ts') });
  expect(untyped.code).not.toBe(0);
  expect(untyped.output).toMatch(/Conversion of type 'number' to type 'string'|not assignable/);
  expect(fs.readFileSync(path.join(repo, 'dist', 'unit-1-40-twemproxy.k8s.yaml'))).toEqual(before);
  edit(repo, 'main.ts', 'replicas: 2 as string, ', '');

  edit(
    repo,
    'fleets/unit-1/nutcracker.yml',
    'redis-02.unit-1.example.net:6380:1',
    'redis-02.unit-1.example.net:6380:2',
  );
  const { code, output } = await runIn(repo, 'node --import tsx --test main.test.ts');
  expect(code).toBe(1);
  expect(output).toMatch(/^not ok 1 - dist[^]*run "npm run synth"[^]*'unit-1-45-plan.k8s.yaml'/m);
  expect(output).toMatch(/^not ok 2 - the ring of unit-1[^]*\+ +'redis-02.unit-1.example.net:6380:2'/m);
});
