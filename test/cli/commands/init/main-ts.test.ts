import * as fs from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import * as estree from 'prettier/plugins/estree';
import * as typescript from 'prettier/plugins/typescript';
import { format } from 'prettier/standalone';
import * as ts from 'typescript';
import { type FleetFiles, fleetTs, mainTs, withFleets } from '../../../../cli/commands/init/main-ts';
import { type Settings } from '../../../../cli/commands/init/settings';
import { ROOT } from '../../../lab/synthesized';

const UNIT_1: Settings = {
  fleet: 'unit-1',
  namespace: 'unit-1',
  secret: 'unit-1-redis',
  storage: { server: 'nfs.example.net', path: '/export/unit-1', capacity: '1Ti' },
  memory: '5Gi',
  maxmemory: '3Gi',
  image: 'registry.example.net/twemproxy:0.5.0',
  redisImage: 'docker.io/library/redis:7.2.11-bookworm',
  proxyPorts: {},
  replicas: 1,
  proxyNetworks: ['10.20.64.0/20'],
};
const FILES: FleetFiles = {
  nutcracker: 'fleets/unit-1/nutcracker.yml',
  redisConf: 'fleets/unit-1/redis.conf',
  isOne: true,
};

test('fleet.ts matches main.ts of this repository, except for settings that init does not ask for', () => {
  const own = fs.readFileSync(path.join(ROOT, 'main.ts'), 'utf8');
  const described = own.slice(own.indexOf('const unit1 ='), own.indexOf('app.synth();'));
  const expected = described
    .replace(/\n {2}(proxyClients|metrics): .*/g, '')
    .replace(', replicas: 3', '')
    .replace(': here, of the nodes.', '.')
    .replaceAll(/\bunit1\b/g, 'config')
    .replace('config: unit1Redis', 'config: redisConfig')
    .replaceAll(/\bunit1Redis\b/g, 'redisConfig')
    .replace('const unit1Fleet', 'export const fleet');
  expect(fleetTs(UNIT_1, FILES)).toContain(expected);
});

test('fleets can be added to an edited main.ts', () => {
  const main = mainTs(['unit-1']).replace('app.synth();', '// ours\napp.synth();');
  expect(withFleets(main, ['jobs', 'web-2']))
    .toBe(`// All fleets. Each is defined in its own fleet.ts. \`npm run synth\` writes dist/.

import { app } from './app';
import { fleet as unit1Fleet } from './fleets/unit-1/fleet';
import { fleet as jobsFleet } from './fleets/jobs/fleet';
import { fleet as web2Fleet } from './fleets/web-2/fleet';

// ours
app.synth();
unit1Fleet.writeRunbook('fleets/unit-1/fleet.ts');
jobsFleet.writeRunbook('fleets/jobs/fleet.ts');
web2Fleet.writeRunbook('fleets/web-2/fleet.ts');
`);
  expect(withFleets("import { App } from 'cdk8s';\n", ['jobs'])).toBeUndefined();
});

const label = fc.stringMatching(/^[a-z]([-a-z0-9]{0,37}[a-z0-9])?$/);
const text = fc.string({
  unit: fc.constantFrom(...Array.from('aB3./-_ \'"`\\$\n\u2028漢😀')),
  minLength: 1,
  maxLength: 90,
});
const size = fc.constantFrom('512Mi', '5Gi', '123456789Ki', '1Ti');
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const settings: fc.Arbitrary<Settings> = fc.record({
  fleet: label,
  namespace: label,
  secret: optional(label),
  storage: fc.oneof(
    fc.record({ server: text, path: text, capacity: size }),
    fc.record({ storageClass: text, capacity: size }),
  ),
  memory: size,
  maxmemory: optional(size),
  image: text,
  redisImage: text,
  proxyPorts: fc.constantFrom<Record<string, number>[]>({}, { 'a b': 22_121 }, { a: 22_121, b: 22_122 }),
  replicas: fc.constantFrom(0, 1),
  proxyNetworks: fc.array(fc.constantFrom('10.0.0.0/8', '2001:db8::/32'), { maxLength: 12 }),
});
const files: fc.Arbitrary<FleetFiles> = fc.oneof(
  fc.record({ nutcracker: text, redisConf: optional(text), pools: optional(fc.tuple(text)), isOne: fc.constant(true) }),
  fc.record({
    nutcracker: text,
    redisConf: optional(text),
    pools: optional(fc.array(text, { minLength: 2, maxLength: 9 })),
    isOne: fc.constant(false),
  }),
);

/** The string literals of a program, in order. */
function stringsIn(program: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node)) found.push(node.text);
    node.forEachChild(visit);
  };
  visit(ts.createSourceFile('main.ts', program, ts.ScriptTarget.ES2022));
  return found;
}

test('every string literal has the value of its setting', () => {
  fc.assert(
    fc.property(settings, files, (values, names) => {
      const storage =
        'server' in values.storage ? [values.storage.server, values.storage.path] : [values.storage.storageClass];
      const expected = [
        'cdk8s',
        'cdk8s-twemproxy',
        '../../app',
        ...[names.nutcracker, names.redisConf, values.fleet, values.namespace, ...(names.pools ?? [])],
        ...(values.secret === undefined ? [] : [values.secret, 'password']),
        ...[...storage, values.redisImage, values.image],
        ...(names.isOne ? [] : Object.keys(values.proxyPorts).filter((pool) => pool === 'a b')),
        ...[...values.proxyNetworks, 'unnamed-servers'],
        ...(names.redisConf === undefined ? [] : ['in no file']),
      ];
      expect(stringsIn(fleetTs(values, names))).toEqual(expected.filter((each) => each !== undefined));
    }),
  );
});

test('the code is formatted as by prettier', async () => {
  const style = JSON.parse(fs.readFileSync(path.join(ROOT, '.prettierrc.json'), 'utf8')) as object;
  const options = { ...style, parser: 'typescript', plugins: [typescript, estree] };
  // All programs at once, since prettier is slow to start.
  const programs = fc.sample(fc.tuple(settings, files), 40).map(([values, names]) => fleetTs(values, names));
  expect(await format(programs.join('\n'), options)).toBe(programs.join('\n'));
});
