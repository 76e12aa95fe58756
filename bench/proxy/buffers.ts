// The size of nutcracker's buffers (mbuf): CPU time and memory with 1,000 clients, and with the shards of a whole unit.

import { type Lab } from '../../test/lab/lab';
import { type Load } from './client';
import { afterCutover, moved } from './fleet';
import { compareProxies } from './proxies';
import { type Effort } from './scale';

/** The default of nutcracker, then from its minimum to four times the default. */
const SIZES = [16_384, 512, 1024, 2048, 4096, 8192, 32_768, 65_536];

const LOADS: readonly Load[] = [
  { command: 'GET', bytes: 1000, connections: 50, requests: 24_000 },
  { command: 'GET', bytes: 16_000, connections: 50, requests: 12_000 },
  { command: 'GET', bytes: 100_000, connections: 50, requests: 3000 },
  { command: 'SET', bytes: 1000, connections: 1000, requests: 24_000 },
  { command: 'SET', bytes: 1000, connections: 1000, pipeline: 16, requests: 96_000 },
  { command: 'MGET', keys: 100, bytes: 1000, connections: 200, requests: 2000 },
];

export async function buffers(lab: Lab, effort: Effort): Promise<void> {
  const move = await afterCutover(lab, effort.unit);
  const variants = SIZES.map(
    (mbufBytes) => [`mbufBytes ${mbufBytes}`, moved(move, { proxies: { mbufBytes } })] as const,
  );
  await compareProxies(lab, move, 'nutcracker', variants, LOADS, effort);
}
