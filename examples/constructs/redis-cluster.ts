// A Redis Cluster, and a fleet whose keys move to it.

import * as path from 'node:path';
import { type App, Chart, Size } from 'cdk8s';
import { FleetCharts, NetworkPeer, NutcrackerConfig, RedisCluster, ReshardPhase, ShardStorage } from '../../lib';

export function redisCluster(app: App): void {
  const pool = NutcrackerConfig.fromFile(path.join(__dirname, 'carts.yml')).pool();
  const chart = new Chart(app, 'sessions-cluster', { namespace: 'sessions' });
  const cluster = new RedisCluster(chart, 'cluster', {
    name: 'sessions-cluster',
    masters: 3,
    replicas: 1,
    storage: ShardStorage.claimTemplate({ capacity: Size.gibibytes(20) }),
    password: { name: 'sessions-redis' },
    clients: [NetworkPeer.pods({ app: 'shop' })],
    startClosed: true,
  });
  new FleetCharts(app, 'sessions', {
    namespace: 'sessions',
    pool,
    password: { name: 'sessions-redis' },
    reshard: { cluster, phase: ReshardPhase.RESHARDING },
    storage: ShardStorage.nfs({ server: 'nfs-1.example.net', path: '/export/sessions', capacity: Size.tebibytes(1) }),
    proxies: { image: 'registry.example.net/twemproxy:0.5.0' },
  });
}
