// The images in the manifests of a fleet.

import { Size } from 'cdk8s';
import { MigrationPhase, ShardStorage } from '../../../lib';
import { images } from '../../../cli/commands/images';
import { fleet } from '../../lab/fleet-charts';
import { Lab } from '../../lab/lab';
import { inputOf } from '../program';

const lab = new Lab();
afterAll(() => lab.close());

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

async function imagesOf(...names: string[]): Promise<unknown> {
  const [redis, proxy, bridge, migrator] = names;
  const { app } = fleet({
    storage: ShardStorage.claimTemplate({ capacity: Size.gibibytes(1) }),
    proxies: { image: proxy },
    redis: { image: redis },
    migration: { phase: MigrationPhase.MOVING, image: migrator, bridge: { image: bridge } },
  });
  const directory = lab.write('dist/fleet.yaml', app.synthYaml()).replace(/fleet.yaml$/, '');
  return (await images([directory], inputOf())).json;
}

test.each([
  ['a tag', (name: string) => `docker.io/x/${name}:7.2.3`],
  ['a digest', (name: string) => `docker.io/x/${name}@${DIGEST}`],
  ['a tag and a digest', (name: string) => `localhost:5000/x/${name}:7.2.3-bookworm@${DIGEST}`],
])('an image given by %s is listed once, unchanged', async (_what, named) => {
  const names = ['redis', 'twemproxy', 'haproxy', 'node'].map(named);
  expect(await imagesOf(...names)).toEqual({ images: [...names].sort() });
});

test('init containers and lists are included; other fields named image are not', async () => {
  const pod = (name: string) => ({
    kind: 'Pod',
    spec: { initContainers: [{ image: `${name}-init:1` }], containers: [{ image: name }] },
  });
  const list = {
    kind: 'List',
    items: [pod('b:1'), pod('a:1'), pod('a:1'), { kind: 'ConfigMap', data: { image: 'no:1' } }],
  };
  expect((await images(['-'], inputOf(JSON.stringify(list)))).lines()).toEqual([
    'a:1',
    'a:1-init:1',
    'b:1',
    'b:1-init:1',
  ]);
});

test('manifests without pods, and files that are not YAML, are errors', async () => {
  await expect(images([lab.write('none/x.yaml', 'kind: ConfigMap\n')], inputOf())).rejects.toThrow('it has no pods');
  await expect(images([lab.write('bad/x.yaml', 'image: [\n')], inputOf())).rejects.toThrow(
    /x.yaml:\d+: it is not YAML/,
  );
});
