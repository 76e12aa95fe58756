// Remembers which pools were read from one file: a server in two of them cannot move with only one.

import type { NutcrackerPool } from './nutcracker-pool';
import type { NutcrackerServer } from './nutcracker-server';

/** A nutcracker.yml that was read. */
export interface PoolFile {
  readonly name: string;
  readonly pools: readonly NutcrackerPool[];
}

/** By server: a changed copy of a pool has the same servers. */
const files = new WeakMap<NutcrackerServer, PoolFile>();

/** Records the file of its pools. */
export function recordFile(file: PoolFile): void {
  for (const { servers } of file.pools) for (const server of servers) files.set(server, file);
}

/** The file of a pool, unless it was made in code. */
export function fileOf({ servers }: NutcrackerPool): PoolFile | undefined {
  return servers.map((server) => files.get(server)).find((file) => file !== undefined);
}
