// What must hold between the pools of a file (conf_post_validate in nutcracker's src/nc_conf.c).

import { type Objection } from './config-error';
import { quote } from './config-values';
import { type NutcrackerPool } from './nutcracker-pool';
import { repeated } from './pool-rules';

/** A pool, and where its file has it. */
export interface PlacedPool {
  readonly pool: NutcrackerPool;
  /** The lines of its directives, each under its word in the file, and of its name under `pool`; none without a file. */
  readonly lines: ReadonlyMap<string, number>;
}

/** What speaks against these pools in one file. */
export function fileObjections(pools: readonly PlacedPool[]): Objection[] {
  if (pools.length === 0) return [{ because: 'there is no pool', remedy: 'write at least one' }];
  const names = repeated(pools, ({ pool }) => pool.name).map(({ again: { pool, lines } }) => ({
    line: lines.get('pool'),
    pool: pool.name,
    because: `two pools have the name ${quote(pool.name)}`,
    says: `has pools with same name ${pool.name}'`,
    remedy: 'rename one',
  }));
  const listens = repeated(pools, ({ pool }) => pool.listen).map(({ first, again: { pool, lines } }) => ({
    line: lines.get('listen'),
    pool: pool.name,
    subject: 'listen',
    because: `the pools ${quote(first.pool.name)} and ${quote(pool.name)} both listen on ${pool.listen}`,
    says: `have the same listen address '${pool.listen}'`,
    remedy: 'give each pool an address of its own',
  }));
  return [...names, ...listens];
}
