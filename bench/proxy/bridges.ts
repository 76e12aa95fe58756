// HAProxy settings of the bridge.

import { type Lab } from '../../test/lab/lab';
import { type Load } from './client';
import { afterCutover } from './fleet';
import { compareProxies } from './proxies';
import { type Effort } from './scale';

const SHARDS = 4;

/** For each variant, the replacements in haproxy.cfg. */
const SETTINGS: Record<string, Record<string, string>> = {
  'nbthread 2, tune.bufsize 16384': {},
  'nbthread 1': { 'nbthread 2': 'nbthread 1' },
  'nbthread 4': { 'nbthread 2': 'nbthread 4' },
  'tune.bufsize 8192': { 'nbthread 2': 'nbthread 2\n  tune.bufsize 8192' },
  'tune.bufsize 65536': { 'nbthread 2': 'nbthread 2\n  tune.bufsize 65536' },
  'option splice-auto': { 'option srvtcpka': 'option srvtcpka\n  option splice-auto' },
};

const LOADS: readonly Load[] = [
  { command: 'GET', bytes: 100, connections: 50, requests: 24_000 },
  { command: 'GET', bytes: 100_000, connections: 50, requests: 3000 },
  { command: 'SET', bytes: 100_000, connections: 50, requests: 3000 },
];

export async function bridges(lab: Lab, effort: Effort): Promise<void> {
  const move = await afterCutover(lab, SHARDS);
  const variants = Object.entries(SETTINGS).map(([name, replace]) => [name, move.fleet.with({ replace })] as const);
  await compareProxies(lab, move, 'haproxy', variants, LOADS, effort);
}
