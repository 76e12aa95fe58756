// Which pools were read from one file: a server that two of them have cannot move with one of them only.

import type { NutcrackerPool } from './nutcracker-pool';
import type { NutcrackerServer } from './nutcracker-server';

/** A nutcracker.yml that was read. */
export interface PoolFile {
  readonly name: string;
  readonly pools: readonly NutcrackerPool[];
}

/** By their servers, which a changed copy of a pool has as well. */
const files = new WeakMap<NutcrackerServer, PoolFile>();

/** Has the pools know their file. */
export function readFrom(file: PoolFile): void {
  for (const { servers } of file.pools) for (const server of servers) files.set(server, file);
}

/** The file of a pool, unless it was made in code. */
export function fileOf({ servers }: NutcrackerPool): PoolFile | undefined {
  return servers.map((server) => files.get(server)).find((file) => file !== undefined);
}
