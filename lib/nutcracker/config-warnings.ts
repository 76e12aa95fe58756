// What nutcracker takes and its users regret.

import type { NutcrackerPool } from './nutcracker-pool';
import type { PlacedPool } from './pool-rules';

/** Something that nutcracker takes and its users regret. */
export interface ConfigWarning {
  /** A name that stays the same, such as `auto-eject-hosts`. */
  readonly code: string;

  /** What it costs, and the remedy. */
  readonly message: string;

  /** The name of the pool. */
  readonly pool: string;

  /**
   * The file it stands in.
   * @default - not read from a file
   */
  readonly file?: string;

  /**
   * The line of the file, counted from 1.
   * @default - not read from a file
   */
  readonly line?: number;
}

/** What can be said against a pool; the key tells the line. */
interface Regret {
  readonly code: string;
  readonly key: string;
  readonly message: string;
  readonly line?: number;
}

/** The warnings about one pool. */
export function warningsOf({ pool, lines }: PlacedPool, file?: string): ConfigWarning[] {
  return regrets(pool).map(({ code, key, message, line }) => ({
    code,
    message,
    pool: pool.name,
    file,
    line: line ?? lines.get(key) ?? lines.get('pool'),
  }));
}

function regrets(pool: NutcrackerPool): Regret[] {
  const found: Regret[] = [];
  const regret = (code: string, key: string, message: string, line?: number): void => {
    found.push({ code, key, message, line });
  };

  if (pool.autoEjectHosts) {
    regret(
      'auto-eject-hosts',
      'auto_eject_hosts',
      'while a server fails its keys are read and written on the others, and come back stale; for stored data write auto_eject_hosts: false',
    );
  }
  return found;
}
