// The fleets whose proxies are measured, and the paths through them.

import { type Redis } from 'ioredis';
import { HashType, MigrationPhase, RedisConfig } from '../../lib';
import { type LabFleet, type LabProxy } from '../../test/lab/fleet';
import { type Lab } from '../../test/lab/lab';
import { type LabMove, type LabMoveProps } from '../../test/lab/move';
import { started } from '../move/fleet';
import { keysOf } from './client';
import { type Path } from './measure';

/**
 * With nutcracker's default hash, keys that differ in their last characters alone are nearly all on one shard. A machine with
 * much else to do is to be slow, and not to answer with errors.
 */
const POOL = { hash: HashType.MD5, timeout: 20_000 };

/** Old and new servers alike keep off the disk, which is not what is measured here. */
const IN_MEMORY: Omit<LabMoveProps, 'servers'> = {
  password: 'secret',
  pool: POOL,
  directives: () => [['save', '']],
  fleet: { redis: { config: RedisConfig.of({ appendonly: false, save: [] }) } },
};

/** A fleet whose old servers still serve, through a proxy and its bridge. */
export function beforeCutover(lab: Lab, servers: number): Promise<LabMove> {
  return started(lab, servers, IN_MEMORY);
}

/** A fleet whose new servers serve; its proxy has its bridge yet. */
export async function afterCutover(lab: Lab, servers: number): Promise<LabMove> {
  const move = await beforeCutover(lab, servers);
  await move.run('sync');
  await move.run('cutover');
  return move;
}

/** Through a proxy of this fleet, with its bridge if there is one; `side` is where the data is. */
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

/** To some of the new servers themselves. */
export function directly(move: LabMove, ordinals: readonly number[], name: string): Path {
  return {
    name,
    ports: ordinals.map((ordinal) => move.fleet.portOf(ordinal)),
    password: move.old.password,
    programs: { redis: ordinals.map((ordinal) => move.fleet.shard(ordinal)) },
  };
}

/** The fleet once it has moved, with these settings; its proxies have no bridge. */
export function moved(move: LabMove, changes: Parameters<LabFleet['with']>[0] = {}): LabFleet {
  return move.fleet.with(changes).inPhase(MigrationPhase.MOVED);
}

/** Adds a proxy for as long as the work takes. */
export async function withProxy<T>(fleet: LabFleet, work: (proxy: LabProxy) => Promise<T>): Promise<T> {
  const proxy = await fleet.addProxy();
  try {
    return await work(proxy);
  } finally {
    await proxy.pod.stop();
  }
}

/**
 * Puts values of this size under all keys of the clients, so that none is missing: where the ring has them, or on every
 * server for clients that go there directly.
 */
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
