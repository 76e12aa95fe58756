// One NFS export for two fleets of a team: a volume in its own chart, which outlives both fleets.

import { Chart, Size } from 'cdk8s';
import { type Construct } from 'constructs';
import { NfsStorage, RedisStatefulSet } from '../../lib';

export function nfsStorage(app: Construct): void {
  const data = new Chart(app, 'nfs-volume', { namespace: 'shop' });
  const volume = new NfsStorage(data, 'shop-volume', {
    volumeName: 'shop-volume',
    claimName: 'shop-volume',
    server: 'nfs.example.net',
    path: '/export/shop',
    capacity: Size.gibibytes(500),
  });

  const carts = new Chart(app, 'nfs-carts', { namespace: 'shop' });
  new RedisStatefulSet(carts, 'redis', { name: 'carts', shards: 4, storage: volume });

  const prices = new Chart(app, 'nfs-prices', { namespace: 'shop' });
  new RedisStatefulSet(prices, 'redis', { name: 'prices', shards: 2, storage: volume });
}
