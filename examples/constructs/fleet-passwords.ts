// A fleet whose password can be changed without an outage.

import * as path from 'node:path';
import { type App, Size } from 'cdk8s';
import { FleetCharts, NutcrackerConfig, ShardStorage } from '../../lib';

export function fleetPasswords(app: App): void {
  new FleetCharts(app, 'unit-1', {
    namespace: 'unit-1',
    pool: NutcrackerConfig.fromFile(path.join(__dirname, 'carts.yml')).pool(),
    storage: ShardStorage.nfs({ server: 'nfs-1.example.net', path: '/export/unit-1', capacity: Size.tebibytes(1) }),
    proxies: { image: 'registry.example.net/twemproxy:0.5.0' },
    password: { name: 'unit-1-redis', secondKey: 'second' },
  });
}
