// Checks of the ports in the pod of a proxy.

import { type Construct } from 'constructs';
import { checkPort, refuse } from '../common/prop-errors';
import { type Bridge } from './bridge';
import { type ServedPool } from './proxy-pool';

/** Refuses a port that is used twice in the pod. */
export function checkPorts(scope: Construct, pools: ServedPool[], statsPort: number, bridge?: Bridge): void {
  const owners = new Map([[statsPort, 'the statistics']]);
  for (const [port, owner] of bridge ? bridgePorts(bridge) : []) {
    if (owners.has(port)) refuse(scope, `port ${port} is used by ${owner} and by the statistics; change one`);
    owners.set(port, owner);
  }
  for (const { pool, port } of pools) {
    checkPort(scope, `port of pool ${pool.name}`, port);
    const owner = owners.get(port);
    if (owner !== undefined) refuse(scope, `port ${port} is used by pool ${pool.name} and by ${owner}; change one`);
    owners.set(port, `pool ${pool.name}`);
  }
}

function bridgePorts({ _shardCount: length, firstPort, healthPort }: Bridge): [number, string][] {
  const listeners = Array.from({ length }, (_, n): [number, string] => [firstPort + n, `the bridge for shard ${n}`]);
  return [[healthPort, "the bridge's health endpoint"], ...listeners];
}
