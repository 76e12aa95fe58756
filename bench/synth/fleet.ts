// Units as in main.ts, each in its own App, or all in one with --together: node fleet.js UNITS [--together]

import { App, Size } from 'cdk8s';
import { FleetCharts, MigrationPhase, NetworkPeer, NutcrackerConfig, RedisConfig, ShardStorage } from '../../lib';

const start = performance.now();
const together = process.argv.includes('--together') ? new App() : undefined;

for (let n = 1; n <= Number(process.argv[2]); n++) {
  const unit = `unit-${n}`;
  const app = together ?? new App();
  const live = NutcrackerConfig.fromFile(`fleets/${unit}.yml`);
  const redis = RedisConfig.fromFile('fleets/redis.conf');
  new FleetCharts(app, unit, {
    namespace: unit,
    pool: live.pool(),
    password: { name: `${unit}-redis`, key: 'password' },
    storage: ShardStorage.nfs({ server: 'nfs.example.net', path: `/export/${unit}`, capacity: Size.tebibytes(1) }),
    redis: { config: redis, memory: Size.gibibytes(5), maxmemory: Size.gibibytes(3) },
    proxies: { image: 'registry.example.net/twemproxy:0.5.0', replicas: 3 },
    proxyClients: [NetworkPeer.namespaces({ 'kubernetes.io/metadata.name': 'shop' })],
    migration: { phase: MigrationPhase.MOVING, proxyNetworks: ['10.20.64.0/20'] },
  });
  if (!together) app.synth();
}
together?.synth();
console.log((performance.now() - start) / 1000);
