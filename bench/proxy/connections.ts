// The number of connections of a proxy to each shard.

import { NutcrackerPool } from '../../lib';
import { type Lab } from '../../test/lab/lab';
import { type Load } from './client';
import { afterCutover, moved } from './fleet';
import { compareProxies } from './proxies';
import { type Effort } from './scale';

const COUNTS = [1, 2, 4];

const LOADS: readonly Load[] = [
  { command: 'GET', bytes: 100, connections: 50, requests: 24_000 },
  { command: 'GET', bytes: 100, connections: 500, requests: 24_000 },
  { command: 'GET', bytes: 16_000, connections: 50, requests: 12_000 },
];

export async function connections(lab: Lab, effort: Effort): Promise<void> {
  const move = await afterCutover(lab, effort.unit);
  const { settings } = move.old.pool;
  const variants = COUNTS.map((serverConnections) => {
    const old = new NutcrackerPool({ ...settings, serverConnections });
    return [`server_connections ${serverConnections}`, moved(move, { old })] as const;
  });
  await compareProxies(lab, move, 'nutcracker', variants, LOADS, effort);
}
