// Network policies: the shop may connect to the proxies, the exporters to the shards and to the statistics.

import * as path from 'node:path';
import { Chart, Size } from 'cdk8s';
import { type Construct } from 'constructs';
import {
  NetworkPeer,
  NetworkPolicies,
  NutcrackerConfig,
  RedisStatefulSet,
  ShardStorage,
  TwemproxyLayer,
} from '../../lib';

export function networkPolicies(app: Construct): void {
  const chart = new Chart(app, 'network', { namespace: 'shop' });
  const pool = NutcrackerConfig.fromFile(path.join(__dirname, 'carts.yml')).pool();
  const password = { name: 'carts' };
  const storage = ShardStorage.claimTemplate({ capacity: Size.gibibytes(20) });
  const redis = new RedisStatefulSet(chart, 'redis', { name: 'carts', shards: 2, storage, password });
  const proxies = new TwemproxyLayer(chart, 'proxies', {
    name: 'carts-twemproxy',
    image: 'registry.example.net/twemproxy:0.5.0',
    pools: [{ pool, addresses: redis.addresses, password }],
  });
  new NetworkPolicies(chart, 'network-policies', {
    redis,
    proxies: [proxies],
    proxyClients: [NetworkPeer.namespaces({ 'kubernetes.io/metadata.name': 'web' }), NetworkPeer.cidr('10.20.0.0/16')],
    redisClients: [NetworkPeer.pods({ app: 'redis-exporter' })],
    statsClients: [NetworkPeer.pods({ app: 'twemproxy-exporter' })],
  });
}
