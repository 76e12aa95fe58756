// The fleets whose proxies are measured, and the request paths through them.

import { type Redis } from 'ioredis';
import { HashType, MigrationPhase, RedisConfig } from '../../lib';
import { type LabFleet, type LabProxy } from '../../test/lab/fleet';
import { type Lab } from '../../test/lab/lab';
import { type LabMove, type LabMoveProps } from '../../test/lab/move';
import { startFleet } from '../move/fleet';
import { keysOf } from './client';
import { type Path } from './measure';

/**
 * With nutcracker's default hash, nearly all keys that differ only in their last characters are on one shard. The long timeout
 * avoids errors on a busy machine.
 */
const POOL = { hash: HashType.MD5, timeout: 20_000 };

/** Neither old nor new servers use the disk, which is not measured here. */
const IN_MEMORY: Omit<LabMoveProps, 'servers'> = {
  password: 'secret',
  pool: POOL,
  directives: () => [['save', '']],
  fleet: { redis: { config: RedisConfig.of({ appendonly: false, save: [] }) } },
};

/** A fleet before the cutover, with a proxy and its bridge. */
export function beforeCutover(lab: Lab, servers: number): Promise<LabMove> {
  return startFleet(lab, servers, IN_MEMORY);
}

/** A fleet after the cutover; its proxy still has the bridge. */
export async function afterCutover(lab: Lab, servers: number): Promise<LabMove> {
  const move = await beforeCutover(lab, servers);
  await move.run('sync');
  await move.run('cutover');
  return move;
}

/** The path through a proxy, with its bridge if it has one, to the old or the new servers. */
export function through(proxy: LabProxy, move: LabMove, name: string, side: 'old' | 'new' = 'new'): Path {
  const { pod, ports } = proxy;
  return {
    name,
    ports: [ports.proxy],
    password: move.old.password,
    programs: {
      nutcracker: [pod.program('nutcracker')],
      ...(pod.started('bridge') && { haproxy: [pod.program('bridge')] }),
      redis: move.ordinals.map((ordinal) => (side === 'old' ? move.old.program(ordinal) : move.fleet.shard(ordinal))),
    },
  };
}

/** The direct path to some of the new servers. */
export function directly(move: LabMove, ordinals: readonly number[], name: string): Path {
  return {
    name,
    ports: ordinals.map((ordinal) => move.fleet.portOf(ordinal)),
    password: move.old.password,
    programs: { redis: ordinals.map((ordinal) => move.fleet.shard(ordinal)) },
  };
}

/** The fleet in the phase MOVED, with these changes; its proxies have no bridge. */
export function moved(move: LabMove, changes: Parameters<LabFleet['with']>[0] = {}): LabFleet {
  return move.fleet.with(changes).inPhase(MigrationPhase.MOVED);
}

/** Runs the work with an additional proxy. */
export async function withProxy<T>(fleet: LabFleet, work: (proxy: LabProxy) => Promise<T>): Promise<T> {
  const proxy = await fleet.addProxy();
  try {
    return await work(proxy);
  } finally {
    await proxy.pod.stop();
  }
}

/** Sets all keys of the clients to values of this size: on the server of the ring, or on every server for direct clients. */
export async function fill(move: LabMove, side: 'old' | 'new', bytes: number, everywhere = false): Promise<void> {
  const all = keysOf(bytes);
  for (const ordinal of move.ordinals) {
    const keys = everywhere ? all : all.filter((key) => move.old.ordinalOf(key) === ordinal);
    const server: Redis = side === 'old' ? move.old.serverClient(ordinal) : move.fleet.shardClient(ordinal);
    await server.eval(FILL, keys.length, ...keys, bytes);
    server.disconnect();
  }
}

const FILL = `
  local value = string.rep('x', ARGV[1])
  for _, key in ipairs(KEYS) do redis.call('SET', key, value) end`;
