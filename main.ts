// The fleets: which ring is kept, where the data lies, who may come in. `npm run synth` writes dist/.

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
  redis: { config: unit1Redis, memory: Size.gibibytes(5), maxmemory: Size.gibibytes(3) },
  proxies: { image: 'registry.example.net/twemproxy:0.5.0', replicas: 3 },
  proxyClients: [NetworkPeer.namespaces({ 'kubernetes.io/metadata.name': 'shop' })],
  migration: {
    // MOVED, once every shard has: dist/unit-1.RUNBOOK.md says when.
    phase: MigrationPhase.MOVING,
    // From where the old servers see the proxies: here, the nodes of the cluster.
    proxyNetworks: ['10.20.64.0/20'],
  },
});

// What somebody should have read before this is applied. (The servers get the names that they lack.)
for (const { file, line, code, message } of unit1.warnings) {
  if (code !== 'unnamed-servers') console.warn(`${file}:${line}: ${code}: ${message}`);
}
for (const { file, line, directive, action, message, attention } of unit1Redis.report) {
  const place = file === undefined ? 'in no file' : `${file}:${line}`;
  if (attention) console.warn(`${place}: ${directive} ${action}: ${message}`);
}
app.synth();
unit1Fleet.writeRunbook();
