// A fleet with backups on another NFS server.

import * as path from 'node:path';
import { type App, Size } from 'cdk8s';
import { FleetCharts, NutcrackerConfig, ShardStorage } from '../../lib';

export function fleetBackup(app: App): void {
  const { backup } = new FleetCharts(app, 'stock', {
    namespace: 'stock',
    pool: NutcrackerConfig.fromFile(path.join(__dirname, 'carts.yml')).pool(),
    storage: ShardStorage.nfs({ server: 'nfs-1.example.net', path: '/export/stock', capacity: Size.tebibytes(1) }),
    proxies: { image: 'registry.example.net/twemproxy:0.5.0' },
    backup: {
      storage: ShardStorage.nfs({ server: 'nfs-2.example.net', path: '/export/backups', capacity: Size.tebibytes(4) }),
      keep: 14,
      importFrom: { claimName: 'old-files' },
      copyTo: { remote: 's3:bucket/redis', config: { name: 'rclone' } },
    },
  });
  for (const warning of backup?.warnings ?? []) console.warn(warning);
}
