// Provisions the storage of a StatefulSet.

import { Chart } from 'cdk8s';
import { type Construct } from 'constructs';
import { checkProps } from '../common/check-props';
import { refuse } from '../common/prop-errors';
import { type IShardStorage, type ShardStorageConsumer, type ShardVolume } from './i-shard-storage';

/** Provisions storage in `storageScope`, and checks what it provides. `prop` is the name of the prop with the storage, for errors. */
export function provide(
  scope: Construct,
  prop: string,
  storage: IShardStorage,
  storageScope: Construct,
  consumer: ShardStorageConsumer,
): ShardVolume {
  if (Chart.of(storageScope).namespace !== Chart.of(scope).namespace) {
    refuse(
      scope,
      `storageScope is ${storageScope.node.path}, in another namespace; pods can mount only claims of their own namespace`,
    );
  }
  const volume = storage.provision(storageScope, consumer);
  checkProps(scope, 'ShardVolume', volume, `the result of ${prop}`);
  if ((volume.volume === undefined) === (volume.claimTemplate === undefined)) {
    const provided =
      volume.volume === undefined ? 'neither a volume nor a claimTemplate' : 'both a volume and a claimTemplate';
    refuse(scope, `${prop} provides ${provided}; provide exactly one`);
  }
  return volume;
}
