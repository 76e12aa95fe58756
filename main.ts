// The fleets: their rings, storage and network access. `npm run synth` writes dist/.

import { App, Size } from 'cdk8s';
import { FleetCharts, MigrationPhase, NetworkPeer, NutcrackerConfig, RedisConfig, ShardStorage } from './lib';

const app = new App();

const unit1 = NutcrackerConfig.fromFile('fleets/unit-1/nutcracker.yml');
const unit1Redis = RedisConfig.fromFile('fleets/unit-1/redis.conf');
const unit1Fleet = new FleetCharts(app, 'unit-1', {
  namespace: 'unit-1',
  pool: unit1.pool(),
  password: { name: 'unit-1-redis', key: 'password' },
  storage: ShardStorage.nfs({ server: 'nfs.example.net', path: '/export/unit-1', capacity: Size.tebibytes(1) }),
  redis: { config: unit1Redis, memory: Size.gibibytes(5), maxmemory: Size.gibibytes(3), replicas: 1 },
  proxies: { image: 'registry.example.net/twemproxy:0.5.0', replicas: 3 },
  proxyClients: [NetworkPeer.namespaces({ 'kubernetes.io/metadata.name': 'shop' })],
  metrics: { clients: [NetworkPeer.namespaces({ 'kubernetes.io/metadata.name': 'monitoring' })] },
  migration: {
    // Set to MOVED after every shard has moved: see dist/unit-1.RUNBOOK.md.
    phase: MigrationPhase.MOVING,
    // The networks from which the old servers see the proxies: here, of the nodes.
    proxyNetworks: ['10.20.64.0/20'],
  },
});

// Warnings to read before dist/ is applied. (Unnamed servers are no problem: FleetCharts gives them names.)
for (const { file, line, code, message } of unit1.warnings) {
  if (code !== 'unnamed-servers') console.warn(`${file}:${line}: ${code}: ${message}`);
}
for (const { file, line, directive, action, message, attention } of unit1Redis.report) {
  const location = file === undefined ? 'in no file' : `${file}:${line}`;
  if (attention) console.warn(`${location}: ${directive} ${action}: ${message}`);
}
app.synth();
unit1Fleet.writeRunbook();
