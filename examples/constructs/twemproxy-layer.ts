// Proxies for two pools, one of which keeps the ring of an old fleet.

import * as path from 'node:path';
import { Chart, Duration } from 'cdk8s';
import { type Construct } from 'constructs';
import { NutcrackerConfig, ProxyServiceType, TwemproxyLayer } from '../../lib';

export function twemproxyLayer(app: Construct): void {
  const chart = new Chart(app, 'proxies', { namespace: 'shop' });
  const carts = NutcrackerConfig.fromFile(path.join(__dirname, 'carts.yml')).pool();
  const prices = NutcrackerConfig.fromFile(path.join(__dirname, 'prices.yml')).pool();
  new TwemproxyLayer(chart, 'twemproxy', {
    name: 'shop-proxies',
    image: 'registry.example.net/twemproxy:0.5.0',
    serviceType: ProxyServiceType.NODE_PORT,
    autoscaling: { minReplicas: 3, maxReplicas: 10 },
    shutdownDelay: Duration.seconds(30),
    pools: [
      { pool: carts, addresses: ['carts-shard-0:6379', 'carts-shard-1:6379'], password: { name: 'carts' } },
      { pool: prices, port: 22122 },
    ],
  });
}
