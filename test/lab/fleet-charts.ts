// The charts of a small fleet, for tests to vary.

import { App, Size } from 'cdk8s';
import {
  FleetCharts,
  type FleetChartsProps,
  NutcrackerConfig,
  NutcrackerPool,
  type NutcrackerPoolProps,
  ShardStorage,
} from '../../lib';

/** The old fleet: unnamed and named servers, one with twice the weight. */
export const LIVE = NutcrackerConfig.fromYaml(
  `
unit1:
  listen: 10.0.0.5:22121
  hash_tag: "{}"
  redis: true
  redis_auth: in the open
  timeout: 400
  servers:
    - redis-a:6379:1
    - redis-a:6380:1
    - redis-b:6379:2
    - redis-b:6380:1 named
`,
).pool();

export const NFS = ShardStorage.nfs({ server: 'nfs', path: '/export', capacity: Size.gibibytes(10) });

/** The fleet's charts, in their own app. */
export function fleet(props: Partial<FleetChartsProps> = {}): { app: App; charts: FleetCharts } {
  const app = new App();
  const charts = new FleetCharts(app, 'unit-1', {
    pool: LIVE,
    storage: NFS,
    proxies: { image: 'twemproxy:0.5.0' },
    ...props,
  });
  return { app, charts };
}

/** The old pool with other props. */
export function changed(props: Partial<NutcrackerPoolProps>): NutcrackerPool {
  return new NutcrackerPool({ ...LIVE.settings, ...props });
}
