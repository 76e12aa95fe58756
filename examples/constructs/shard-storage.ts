// The kinds of storage for shards.

import { Chart, Size } from 'cdk8s';
import { type Construct } from 'constructs';
import { type IShardStorage, RedisStatefulSet, ShardStorage } from '../../lib';

export function shardStorage(app: Construct): void {
  const storages: Record<string, IShardStorage> = {
    one: ShardStorage.nfs({ server: 'nfs.example.net', path: '/export/one', capacity: Size.gibibytes(100) }),
    each: ShardStorage.nfsVolumePerShard({
      exports: [
        { server: 'nfs-1.example.net', path: '/export/shard-0', capacity: Size.gibibytes(50) },
        { server: 'nfs-2.example.net', path: '/export/shard-1', capacity: Size.gibibytes(80) },
      ],
    }),
    class: ShardStorage.claimTemplate({ capacity: Size.gibibytes(20), storageClassName: 'fast' }),
    scratch: ShardStorage.emptyDir({ sizeLimit: Size.gibibytes(2) }),
    own: existingClaim('made-elsewhere'),
  };
  for (const [name, storage] of Object.entries(storages)) {
    const chart = new Chart(app, `storage-${name}`, { namespace: 'shop' });
    new RedisStatefulSet(chart, 'redis', { name: `on-${name}`, shards: 2, storage });
  }
}

/** Custom storage: an existing claim, such as one on CephFS. */
function existingClaim(claimName: string): IShardStorage {
  return {
    provision: (_scope, { volumeName }) => ({
      volume: { name: volumeName, persistentVolumeClaim: { claimName } },
    }),
  };
}
