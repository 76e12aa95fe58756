// Rules for the pools of a file together (conf_post_validate in nutcracker's src/nc_conf.c).

import { type Objection } from './config-error';
import { quote } from './config-values';
import { type NutcrackerPool } from './nutcracker-pool';
import { repeated } from './pool-rules';

/** A pool and its position in the file. */
export interface PlacedPool {
  readonly pool: NutcrackerPool;
  /** The lines of its directives by their names in the file, and of its name under `pool`; empty without a file. */
  readonly lines: ReadonlyMap<string, number>;
}

/** The objections to these pools in one file. */
export function fileObjections(pools: readonly PlacedPool[]): Objection[] {
  if (pools.length === 0) return [{ because: 'there is no pool', remedy: 'add at least one' }];
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
    remedy: 'give each pool its own address',
  }));
  return [...names, ...listens];
}
