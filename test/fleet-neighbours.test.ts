// The synth fails if fleets of an app share objects, directories or old servers.

import { App, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { FleetCharts, type FleetChartsProps, MigrationPhase, NutcrackerConfig, ShardStorage } from '../lib';
import { type Manifest, manifests, ofKind, validationErrors } from './lab/synth';

const MOVING = { phase: MigrationPhase.MOVING };
const file = (n: number): string =>
  `p:\n  listen: 0.0.0.0:22121\n  redis: true\n  servers:\n    - 10.0.0.${n}:6379:1\n`;

/** A fleet of one server, with its own nutcracker.yml. */
function add(scope: Construct, name: string, n: number, props: Partial<FleetChartsProps> = {}): FleetCharts {
  return new FleetCharts(scope, name, {
    pool: NutcrackerConfig.fromYaml(file(n), `${name}.yml`).pool(),
    namespace: 'redis',
    storage: ShardStorage.nfs({ server: 'nfs', path: '/export', capacity: Size.gibibytes(1) }),
    proxies: { image: 'twemproxy:0.5.0' },
    migration: MOVING,
    ...props,
  });
}

test('two fleets in one namespace write one Namespace, which names neither', () => {
  const app = new App();
  const charts = [add(app, 'web', 1), add(app, 'jobs', 2)];
  const [namespace, ...others] = ofKind(app, 'Namespace');
  expect(others).toEqual([]);
  expect(JSON.stringify(namespace)).not.toMatch(/web|jobs/);
  const keys = manifests(app).map(({ kind, metadata }: Manifest) => `${kind as string} ${metadata.name as string}`);
  expect(new Set(keys).size).toBe(keys.length);
  const selectors = charts.flatMap(({ redis, proxies, migration }) =>
    [redis, proxies, migration].map((it) => JSON.stringify(it?.podSelector)),
  );
  expect(new Set(selectors).size).toBe(6);
  expect(validationErrors(app)).toEqual([]);
});

test.each<[string, Partial<FleetChartsProps>, string]>([
  [
    'a StatefulSet',
    { redisName: 'web-redis' },
    'jobs: NetworkPolicy web-redis in namespace redis already belongs to web; use',
  ],
  ['a Service', { shardName: 'web-shard' }, 'jobs: Service web-shard-0 in namespace redis already belongs to web; use'],
  ['a Deployment', { proxiesName: 'web-twemproxy' }, ' web-twemproxy in namespace redis already belongs to web; use'],
  [
    'a volume, from another namespace',
    { namespace: 'other', redisName: 'web-redis' },
    'jobs: PersistentVolume web-redis already belongs to web; set another volumeName in the storage',
  ],
  [
    'a directory, from another namespace and volume',
    {
      namespace: 'other',
      redisName: 'web-redis',
      storage: ShardStorage.nfs({ server: 'nfs', path: '/export/', volumeName: 'v', capacity: Size.gibibytes(1) }),
    },
    'jobs: on nfs:/export/ the directories web-redis-0 and so on already belong to the shards of web; use another',
  ],
])('two fleets do not share %s', (_, props, message) => {
  const app = new App();
  add(app, 'web', 1);
  expect(() => add(app, 'jobs', 2, props)).toThrow(message);
});

test('an old server moves with one fleet only, across files, phases and clusters', () => {
  const app = new App();
  add(app, 'web', 1, { migration: { phase: MigrationPhase.MOVED } });
  const elsewhere = new Construct(app, 'elsewhere');
  expect(() => add(elsewhere, 'jobs', 1, { namespace: 'other' })).toThrow(
    'elsewhere/jobs: the old server 10.0.0.1:6379 already moves with web, and can move only once; put the pools',
  );
  expect(() => add(app, 'test', 1, { migration: undefined })).not.toThrow();
});

test('fleets in different scopes may be for different clusters, but may not share a directory', () => {
  const app = new App();
  const [one, two] = ['one', 'two'].map((cluster) => new Construct(app, cluster));
  const storage = ShardStorage.claimTemplate({ capacity: Size.gibibytes(1) });
  add(one, 'web', 1, { storage });
  expect(() => add(two, 'web', 2, { storage })).not.toThrow();
  add(one, 'jobs', 3);
  expect(() => add(two, 'jobs', 4)).toThrow('two/jobs: on nfs:/export/ the directories');
});
