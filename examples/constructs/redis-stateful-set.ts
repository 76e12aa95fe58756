// Shards with custom settings, one of them larger than the others.

import { Chart, Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { AppendFsync, MaxmemoryPolicy, RedisConfig, RedisStatefulSet, ShardStorage } from '../../lib';

export function redisStatefulSet(app: Construct): void {
  const chart = new Chart(app, 'shards', { namespace: 'shop' });
  const redis = new RedisStatefulSet(chart, 'redis', {
    name: 'carts',
    shards: 8,
    storage: ShardStorage.claimTemplate({ capacity: Size.gibibytes(20) }),
    password: { name: 'carts', key: 'password' },
    memory: Size.gibibytes(4),
    maxmemory: Size.gibibytes(2),
    maxmemoryOfShard: { '3': Size.gibibytes(3) },
    cpu: Cpu.millis(500),
    config: RedisConfig.of({
      appendfsync: AppendFsync.EVERYSEC,
      maxmemoryPolicy: MaxmemoryPolicy.NOEVICTION,
      slowlogLogSlowerThan: Duration.millis(20),
      raw: { 'hash-max-listpack-entries': '512' },
    }),
    updateStrategy: 'OnDelete',
  });
  console.log(redis.addresses[3]); // carts-shard-3.shop.svc.cluster.local.:6379
}
