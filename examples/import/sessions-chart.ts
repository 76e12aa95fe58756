// A chart in another package: the sessions of a shop, on a StorageClass, behind proxies with an autoscaler.

import { Chart, JsonPatch, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import {
  HashType,
  NutcrackerPool,
  NutcrackerServer,
  RedisStatefulSet,
  ShardStorage,
  TwemproxyLayer,
} from 'cdk8s-twemproxy';
import { type Construct } from 'constructs';

export class SessionsChart extends Chart {
  /** The address of the sessions, for the other charts of the shop. */
  readonly address: string;

  constructor(scope: Construct, id: string) {
    super(scope, id, { namespace: 'shop' });
    const password = { name: 'sessions', key: 'redis-password' };

    const redis = new RedisStatefulSet(this, 'redis', {
      name: 'sessions-redis',
      shards: 8,
      storage: ShardStorage.claimTemplate({ capacity: Size.gibibytes(20), storageClassName: 'fast' }),
      password,
      memory: Size.gibibytes(2),
      cpu: Cpu.millis(500),
      priorityClassName: 'data',
      nodeSelector: { 'shop.example/disks': 'local' },
    });
    // There is no prop for this field; patch the object.
    redis.statefulSet.addJsonPatch(JsonPatch.add('/spec/minReadySeconds', 10));

    const proxies = new TwemproxyLayer(this, 'proxies', {
      name: 'sessions',
      image: 'registry.shop.example/twemproxy:0.5.0',
      autoscaling: { minReplicas: 3, maxReplicas: 12 },
      pools: [{ pool: ring(redis.addresses), password }],
    });
    this.address = `${proxies.service.name}:6379`;
  }
}

/** Explicit names keep the ring independent of addresses; murmur distributes numbered keys evenly. */
function ring(addresses: string[]): NutcrackerPool {
  return new NutcrackerPool({
    name: 'sessions',
    listen: '0.0.0.0:6379',
    hash: HashType.MURMUR,
    redis: true,
    timeout: 400,
    servers: addresses.map((address, i) => new NutcrackerServer({ address, name: `sessions-${i}` })),
  });
}
