// The article's experiment with the names of the article: four shards on one NFS export behind two proxies.

import * as path from 'node:path';
import { App, Chart, Size } from 'cdk8s';
import { NfsStorage, NutcrackerConfig, RedisStatefulSet, TwemproxyLayer } from '../../lib';

const app = new App();
const chart = new Chart(app, 'article');
const { pools } = NutcrackerConfig.fromFile(path.join(__dirname, 'nutcracker.yml'));
const password = { name: 'redis-password' };
const partOf = 'article';

const storage = new NfsStorage(chart, 'nfs', {
  volumeName: 'pv-nfs',
  claimName: 'pvc-nfs',
  server: '172.17.8.101',
  path: '/root/data',
  capacity: Size.gibibytes(2),
  labels: { 'app.kubernetes.io/part-of': partOf },
});

const redis = new RedisStatefulSet(chart, 'redis', {
  name: 'stateful-redis',
  partOf,
  serviceName: 'svc-redis',
  shards: 4,
  storage,
  password,
  memory: Size.mebibytes(512),
});

new TwemproxyLayer(chart, 'twemproxy', {
  name: 'twemproxy-deployment',
  partOf,
  serviceName: 'svc-twemproxy',
  configMapName: 'twemproxy-config',
  image: 'registry.example.net/twemproxy:0.5.0',
  replicas: 2,
  statsPort: 22122,
  pools: [{ pool: pools[0], addresses: redis.addresses, password }],
});

app.synth();
