// The ring as a library, without cdk8s.

import * as path from 'node:path';
import { HashRing, NutcrackerConfig } from '../../lib';

export function ring(): void {
  const file = path.join(__dirname, 'carts.yml');
  const pool = NutcrackerConfig.fromFile(file).pool('carts');
  const before = HashRing.of(pool);
  const after = HashRing.of(pool.movedTo(['carts-shard-0:6379', 'carts-shard-1:6379']));

  console.log(before.serverFor('user:42').ringName); // the server that nutcracker uses
  console.log(before.keyShare()); // each server's share of the key space
  console.log(before.diff(after).movedShare); // 0: no key moves
  console.log(before.caveats); // where a build of nutcracker could differ
}
