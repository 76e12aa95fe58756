// A fleet with replicas and with TLS from its clients to its servers and among those, a Redis Cluster with TLS, and the certificates for both
// from cert-manager.

import * as path from 'node:path';
import { ApiObject, App, Chart, Size } from 'cdk8s';
import { FleetCharts, NutcrackerConfig, RedisCluster, ShardStorage, TlsPhase } from '../../lib';

const app = new App();

const fleet = new FleetCharts(app, 'carts', {
  namespace: 'carts',
  pool: NutcrackerConfig.fromFile(path.join(__dirname, '../constructs/carts.yml')).pool(),
  storage: ShardStorage.nfs({ server: 'nfs-1.example.net', path: '/export/carts', capacity: Size.tebibytes(1) }),
  redis: { replicas: 1 },
  tls: { phase: TlsPhase.REQUIRED, secretName: 'carts-shards-tls' },
  proxies: {
    image: 'registry.example.net/twemproxy:0.5.0',
    clientTls: { secretName: 'carts-proxies-tls' },
  },
});

const cluster = new RedisCluster(new Chart(app, 'carts-cluster', { namespace: 'carts' }), 'cluster', {
  name: 'carts-cluster',
  masters: 3,
  storage: ShardStorage.claimTemplate({ capacity: Size.gibibytes(20) }),
  password: { name: 'carts-redis' },
  tls: { secretName: 'carts-cluster-tls' },
});

const certificates = new Chart(app, 'carts-05-certificates', { namespace: 'carts' });

function certificate(secretName: string, dnsNames: string[]): void {
  new ApiObject(certificates, secretName, {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: secretName },
    spec: {
      secretName,
      dnsNames,
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      issuerRef: { kind: 'ClusterIssuer', name: 'internal-ca' },
    },
  });
}
// Servers a and b of every shard, and the Sentinels.
certificate('carts-shards-tls', fleet.redis.tlsNames);
certificate('carts-cluster-tls', cluster.tlsNames);
certificate('carts-proxies-tls', ['carts-twemproxy.carts.svc.cluster.local', 'carts.example.net']);

app.synth();
