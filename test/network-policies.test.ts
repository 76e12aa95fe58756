import {
  MigrationPhase,
  NetworkPeer,
  NetworkPolicies,
  type NetworkPoliciesProps,
  NutcrackerPool,
  NutcrackerServer,
  RedisStatefulSet,
  ShardStorage,
  TwemproxyLayer,
} from '../lib';
import { changed, fleet } from './lab/fleet-charts';
import { problemsOf } from './lab/kubernetes-schema';
import { chart, type Manifest, manifests, ofKind } from './lab/synth';

function policies(props: Partial<NetworkPoliciesProps> = {}): NetworkPolicies {
  const scope = chart('fleet');
  const redis = new RedisStatefulSet(scope, 'redis', { name: 'r', shards: 1, storage: ShardStorage.emptyDir() });
  const servers = redis.addresses.map((address) => new NutcrackerServer({ address, name: 'one' }));
  const pool = new NutcrackerPool({ name: 'alpha', listen: '0.0.0.0:22121', redis: true, servers });
  const proxies = new TwemproxyLayer(scope, 'proxies', { name: 'p', image: 'twemproxy:0.5.0', pools: [{ pool }] });
  return new NetworkPolicies(scope, 'policies', { redis, proxies: [proxies], ...props });
}

function ingress(policy: { toJson(): unknown }): Manifest[] {
  return (policy.toJson() as Manifest).spec.ingress as Manifest[];
}

const PROXY_PODS = {
  podSelector: { matchLabels: { 'app.kubernetes.io/name': 'twemproxy', 'app.kubernetes.io/instance': 'p' } },
};

test('only the proxies may connect to the shards', () => {
  expect(ingress(policies().redisPolicy)).toEqual([{ from: [PROXY_PODS], ports: [{ protocol: 'TCP', port: 6379 }] }]);
});

test('redisClients may connect to the shards as well', () => {
  const it = policies({ redisClients: [NetworkPeer.pods({ app: 'backup' }), NetworkPeer.cidr('10.1.0.0/16')] });
  expect(ingress(it.redisPolicy)[0].from).toEqual([
    PROXY_PODS,
    { podSelector: { matchLabels: { app: 'backup' } } },
    { ipBlock: { cidr: '10.1.0.0/16' } },
  ]);
});

test('by default, the namespace may connect to the proxies, but not to their statistics', () => {
  expect(ingress(policies().proxyPolicies[0])).toEqual([
    { from: [{ podSelector: {} }], ports: [{ protocol: 'TCP', port: 22121 }] },
  ]);
});

test('proxies and their statistics have separate clients', () => {
  const it = policies({
    proxyClients: [NetworkPeer.namespaces({ team: 'shop' })],
    statsClients: [NetworkPeer.anyone()],
  });
  expect(ingress(it.proxyPolicies[0])).toEqual([
    { from: [{ namespaceSelector: { matchLabels: { team: 'shop' } } }], ports: [{ protocol: 'TCP', port: 22121 }] },
    { ports: [{ protocol: 'TCP', port: 22222 }] },
  ]);
});

test('an empty list of clients allows none', () => {
  expect(ingress(policies({ proxyClients: [] }).proxyPolicies[0])).toEqual([]);
});

describe('the egress of the pods', () => {
  const tcp = (...ports: number[]) => ports.map((port) => ({ protocol: 'TCP', port }));
  const DNS = { ports: ['UDP', 'TCP'].map((protocol) => ({ protocol, port: 53 })) };
  const SHARDS = {
    to: [
      {
        podSelector: {
          matchLabels: { 'app.kubernetes.io/name': 'redis', 'app.kubernetes.io/instance': 'unit-1-redis' },
        },
      },
    ],
    ports: tcp(6379),
  };
  const servers = (...addresses: string[]) => ({
    pool: changed({ servers: addresses.map((address) => new NutcrackerServer({ address })) }),
  });

  function egress(props: Parameters<typeof fleet>[0] = {}, phase = MigrationPhase.MOVING): Record<string, unknown> {
    const { app } = fleet({ namespace: 'unit-1', migration: { phase }, ...props });
    expect(manifests(app).flatMap(problemsOf)).toEqual([]);
    const found = ofKind(app, 'NetworkPolicy').map(({ metadata, spec }) => [
      metadata.name as string,
      spec.egress as unknown,
    ]);
    return Object.fromEntries(found) as Record<string, unknown>;
  }

  test('during a migration: name servers, shards, and old servers, by address if they have one', () => {
    const props = servers('10.1.0.1:6379', '10.1.0.2:6379', '10.1.0.2:6380', 'redis-d:7000');
    const ip = (host: string) => ({ ipBlock: { cidr: `${host}/32` } });
    const rules = [
      DNS,
      SHARDS,
      { to: [ip('10.1.0.1'), ip('10.1.0.2')], ports: tcp(6379) },
      { to: [ip('10.1.0.2')], ports: tcp(6380) },
      { ports: tcp(7000) },
    ];
    expect(egress(props)).toEqual({ 'unit-1-redis': rules, 'unit-1-twemproxy': rules, 'unit-1-move': rules });
    const limited = egress({ ...props, oldServerNetworks: ['10.8.0.0/16'] })['unit-1-move'] as unknown[];
    expect(limited.at(-1)).toEqual({ to: [{ ipBlock: { cidr: '10.8.0.0/16' } }], ports: tcp(7000) });
  });

  test('after the migration: name servers, shards, and egressPeers', () => {
    const props = { egressPeers: [NetworkPeer.cidr('10.9.0.0/16')] };
    const rules = [DNS, SHARDS, { to: [{ ipBlock: { cidr: '10.9.0.0/16' } }] }];
    expect(egress(props, MigrationPhase.MOVED)).toEqual({ 'unit-1-redis': rules, 'unit-1-twemproxy': rules });
  });

  test('is unlimited with limitEgress: false', () => {
    const { app } = fleet({ limitEgress: false, migration: { phase: MigrationPhase.MOVING } });
    for (const { spec } of ofKind(app, 'NetworkPolicy')) {
      expect(spec.policyTypes).toEqual(['Ingress']);
      expect(spec).not.toHaveProperty('egress');
    }
  });

  test('the Jobs accept no connections, and statsClients may read the statistics', () => {
    const statsClients = [NetworkPeer.pods({ app: 'metrics' })];
    const { charts } = fleet({ statsClients, migration: { phase: MigrationPhase.MOVING } });
    expect(ingress(charts.networkPolicies.migrationPolicy ?? { toJson: () => undefined })).toEqual([]);
    const from = [{ podSelector: { matchLabels: { app: 'metrics' } } }];
    expect(ingress(charts.networkPolicies.proxyPolicies[0])).toContainEqual({ from, ports: tcp(22222, 8404) });
  });

  test('old servers that replicate from the shards may connect to them, if they are listed by IP address', () => {
    const props = servers('10.1.0.1:6379', '10.1.0.2:6379', '10.1.0.2:6380', 'redis-d:7000');
    const { charts } = fleet({ ...props, migration: { phase: MigrationPhase.MOVED, keepLegacyInSync: true } });
    expect((ingress(charts.networkPolicies.redisPolicy)[0].from as unknown[]).slice(1)).toEqual(
      ['10.1.0.1/32', '10.1.0.2/32'].map((cidr) => ({ ipBlock: { cidr } })),
    );
  });

  test('an invalid network is refused', () => {
    expect(() => fleet({ oldServerNetworks: ['10.8.0.0'] })).toThrow(
      'oldServerNetworks is "10.8.0.0"; write a CIDR block such as',
    );
  });
});

test('the policies are valid in Kubernetes 1.27', () => {
  const it = policies({ proxyClients: [NetworkPeer.cidr('fd00::/8')], statsClients: [] });
  expect(manifests(it).flatMap(problemsOf)).toEqual([]);
});

test.each(['10.0.0.1', '10.0.0.0/99', '999.1.1.1/8', '::::/0', 'fd00::/129', '10.0.0.0/8/8', ''])(
  '%j is refused as an address block',
  (block) => {
    expect(() => NetworkPeer.cidr(block)).toThrow(
      `"${block}" is not an address block; write a CIDR block such as "10.0.0.0/8"`,
    );
  },
);
