// Checks of the ports in the pod of a proxy.

import { type Construct } from 'constructs';
import { checkPort, refuse } from '../common/prop-errors';
import { type Bridge } from './bridge';
import { type ClientFront } from './client-front';
import { type ServedPool } from './proxy-pool';
import { type RingFront } from './ring-front';

/** Refuses a port that is used twice in the pod. */
export function checkPorts(
  scope: Construct,
  pools: ServedPool[],
  statsPort: number,
  bridge?: Bridge,
  fronted?: Fronted,
  clients?: ClientFront,
): void {
  const owners = new Map([[statsPort, 'the statistics']]);
  const others = [...(bridge ? bridgePorts(bridge) : []), ...(fronted ? frontPorts(fronted, statsPort) : [])];
  for (const [port, owner] of [...others, ...(clients ? tlsPorts(clients) : [])]) {
    checkPort(scope, `port of ${owner}`, port);
    const other = owners.get(port);
    if (other !== undefined) refuse(scope, `port ${port} is used by ${owner} and by ${other}; change one`);
    owners.set(port, owner);
  }
  for (const { pool, port } of pools) {
    checkPort(scope, `port of pool ${pool.name}`, port);
    const owner = owners.get(port);
    if (owner !== undefined) refuse(scope, `port ${port} is used by pool ${pool.name} and by ${owner}; change one`);
    owners.set(port, `pool ${pool.name}`);
  }
}

function tlsPorts({ pools, acceptsPort }: ClientFront): [number, string][] {
  return [
    [acceptsPort, 'the probes of nutcracker'],
    ...pools.map(({ pool, tlsPort }): [number, string] => [tlsPort, `TLS of pool ${pool.name}`]),
  ];
}

/** The front, and the pool as its clients see it. */
interface Fronted {
  readonly front: RingFront;
  readonly clients: ServedPool;
}

/** The ports of the pod that are only there during a change of the ring; that of the first nutcracker is that of its pool. */
function frontPorts({ front, clients }: Fronted, statsPort: number): [number, string][] {
  return [
    [statsPort + 1, 'the statistics of the next ring'],
    [front.nutcrackers[1], 'the nutcracker of the next ring'],
    [clients.port, 'the clients'],
  ];
}

function bridgePorts({ _portCount: length, _shardCount, firstPort, healthPort }: Bridge): [number, string][] {
  const listeners = Array.from({ length }, (_, n): [number, string] => [
    firstPort + n,
    `the bridge for shard ${n % _shardCount}`,
  ]);
  return [[healthPort, "the bridge's health endpoint"], ...listeners];
}
