// Whole fleets: a new one, and a migration with a rollback that loses no writes.

import * as path from 'node:path';
import { App, Duration, Size } from 'cdk8s';
import { FleetCharts, MigrationPhase, NetworkPeer, NutcrackerConfig, NutcrackerPool, ShardStorage } from '../../lib';

export function fleetCharts(app: App): void {
  const pool = NutcrackerConfig.fromFile(path.join(__dirname, 'carts.yml')).pool();
  const storage = ShardStorage.claimTemplate({ capacity: Size.gibibytes(20), storageClassName: 'fast' });
  const proxies = { image: 'registry.example.net/twemproxy:0.5.0' };

  // The same ring, on empty shards.
  new FleetCharts(app, 'carts-test', { namespace: 'carts-test', pool, storage, proxies });

  // Another timeout: the proxies serve newPool, and every synth compares it with pool.
  const newPool = new NutcrackerPool({ ...pool.settings, timeout: 1000 });
  new FleetCharts(app, 'carts', {
    namespace: 'carts',
    pool,
    newPool,
    storage,
    proxies: { ...proxies, replicas: 3 },
    redisClients: [NetworkPeer.cidr('10.0.0.0/24')], // the old servers, which replicate from the shards
    migration: {
      phase: MigrationPhase.MOVING,
      proxyNetworks: ['10.20.64.0/20'],
      keepLegacyInSync: true,
      shardAddressesForLegacy: ['10.20.64.5:31000', '10.20.64.5:31001'],
      cutoverDeadline: Duration.millis(500),
      stepArguments: { verify: ['--full'], cutover: ['--canary'] },
    },
  });

  // Two pools on the same servers: two shards, which move once, and a port for each pool.
  const shop = NutcrackerConfig.fromFile(path.join(__dirname, 'shop.yml'));
  new FleetCharts(app, 'shop', {
    namespace: 'shop',
    pools: shop.pools,
    newPools: [new NutcrackerPool({ ...shop.pool('jobs').settings, timeout: 5000 })],
    storage,
    proxies,
    migration: { phase: MigrationPhase.MOVING, proxyNetworks: ['10.20.64.0/20'] },
  });
}
