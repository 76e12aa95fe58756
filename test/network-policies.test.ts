import {
  NetworkPeer,
  NetworkPolicies,
  type NetworkPoliciesProps,
  NutcrackerPool,
  NutcrackerServer,
  RedisStatefulSet,
  ShardStorage,
  TwemproxyLayer,
} from '../lib';
import { problemsOf } from './lab/kubernetes-schema';
import { chart, type Manifest, manifests } from './lab/synth';

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

test('shards are reached by the proxies only', () => {
  expect(ingress(policies().redisPolicy)).toEqual([{ from: [PROXY_PODS], ports: [{ protocol: 'TCP', port: 6379 }] }]);
});

test('shards are reached by whom the user names as well', () => {
  const it = policies({ redisClients: [NetworkPeer.pods({ app: 'backup' }), NetworkPeer.cidr('10.1.0.0/16')] });
  expect(ingress(it.redisPolicy)[0].from).toEqual([
    PROXY_PODS,
    { podSelector: { matchLabels: { app: 'backup' } } },
    { ipBlock: { cidr: '10.1.0.0/16' } },
  ]);
});

test('proxies are reached from their namespace if nobody is named', () => {
  expect(ingress(policies().proxyPolicies[0])).toEqual([
    { from: [{ podSelector: {} }], ports: [22121, 22222].map((port) => ({ protocol: 'TCP', port })) },
  ]);
});

test('proxies and their statistics can have clients of their own', () => {
  const it = policies({
    proxyClients: [NetworkPeer.namespaces({ team: 'shop' })],
    statsClients: [NetworkPeer.anyone()],
  });
  expect(ingress(it.proxyPolicies[0])).toEqual([
    { from: [{ namespaceSelector: { matchLabels: { team: 'shop' } } }], ports: [{ protocol: 'TCP', port: 22121 }] },
    { ports: [{ protocol: 'TCP', port: 22222 }] },
  ]);
});

test('nobody named is nobody let in', () => {
  expect(ingress(policies({ proxyClients: [] }).proxyPolicies[0])).toEqual([]);
});

test('the policies are objects that Kubernetes 1.27 takes', () => {
  const it = policies({ proxyClients: [NetworkPeer.cidr('fd00::/8')], statsClients: [] });
  expect(manifests(it).flatMap(problemsOf)).toEqual([]);
});

test.each(['10.0.0.1', '10.0.0.0/99', '999.1.1.1/8', '::::/0', 'fd00::/129', '10.0.0.0/8/8', ''])(
  '%j is refused as a block of addresses',
  (block) => {
    expect(() => NetworkPeer.cidr(block)).toThrow(`"${block}" is no block of addresses; write such as "10.0.0.0/8"`);
  },
);
