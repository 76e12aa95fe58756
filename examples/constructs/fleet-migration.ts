// A migration in your own charts; FleetCharts does the same, in numbered files.

import * as path from 'node:path';
import { Chart, Duration, Size } from 'cdk8s';
import { type Construct } from 'constructs';
import { FleetMigration, NutcrackerConfig, RedisStatefulSet, ShardStorage, TwemproxyLayer } from '../../lib';

export function fleetMigration(app: Construct): void {
  const chart = new Chart(app, 'move', { namespace: 'shop' });
  const pool = NutcrackerConfig.fromFile(path.join(__dirname, 'orders.yml')).pool();
  const password = { name: 'orders' };

  const redis = new RedisStatefulSet(chart, 'redis', {
    name: 'orders-redis',
    shards: pool.servers.length,
    storage: ShardStorage.claimTemplate({ capacity: Size.gibibytes(20) }),
    password,
    startAsReplica: true,
  });
  const migration = new FleetMigration(new Chart(app, 'move-jobs', { namespace: 'shop' }), 'move', {
    name: 'orders-move',
    pool,
    redis,
    password,
    proxyNetworks: ['10.20.64.0/20'],
    cutoverDeadline: Duration.millis(500),
    stepArguments: { cutover: ['--canary'] },
  });
  new TwemproxyLayer(chart, 'proxies', {
    name: 'orders-twemproxy',
    image: 'registry.example.net/twemproxy:0.5.0',
    bridge: migration.bridge,
    pools: [{ pool, addresses: redis.addresses, password }],
  });
}
