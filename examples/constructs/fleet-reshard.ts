// A fleet that gets a third server.

import * as path from 'node:path';
import { type App, Size } from 'cdk8s';
import { FleetCharts, NutcrackerConfig, ReshardPhase, ShardStorage } from '../../lib';

export function fleetReshard(app: App): void {
  const poolIn = (file: string) => NutcrackerConfig.fromFile(path.join(__dirname, file)).pool();
  new FleetCharts(app, 'growing', {
    namespace: 'growing',
    pool: poolIn('carts.yml'),
    reshard: {
      pools: [poolIn('carts-3.yml')],
      phase: ReshardPhase.RESHARDING,
    },
    storage: ShardStorage.nfs({ server: 'nfs-1.example.net', path: '/export/growing', capacity: Size.tebibytes(1) }),
    proxies: { image: 'registry.example.net/twemproxy:0.5.0' },
  });
}
