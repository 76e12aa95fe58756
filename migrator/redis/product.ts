// Which program a server runs: others than Redis speak its protocol and report a redis_version for compatibility.

import { type Info } from './info';

export interface Product {
  readonly name: string;
  /** The product's own version, not `redis_version`. */
  readonly version: string;
  /** Why replication cannot move its data; undefined if it can. */
  readonly unsupportedReason?: string;
}

/** Recognized by an INFO field that no other program has. */
const OTHER_PRODUCTS: readonly (readonly [field: string, name: string, reason: string])[] = [
  ['dragonfly_version', 'Dragonfly', 'it does not replicate to Redis'],
  ['garnet_version', 'Garnet', 'it does not replicate to Redis'],
  ['pika_version', 'Pika', 'it does not replicate to Redis'],
  ['kvrocks_version', 'Kvrocks', 'it does not replicate to Redis'],
  ['tendis_version', 'Tendis', 'it does not replicate to Redis'],
  ['rlec_version', 'Redis Enterprise', 'clients cannot change its replication role'],
];

const KEYDB_REASON = 'it replicates commands that Redis does not know, and their writes would be lost';

export function productOf(info: Info): Product {
  const compatible = info.text('redis_version');
  const valkey = info.text('valkey_version');
  if (valkey !== '') return { name: 'Valkey', version: valkey };
  for (const [field, name, unsupportedReason] of OTHER_PRODUCTS) {
    if (info.text(field) !== '') return { name, version: info.text(field), unsupportedReason };
  }
  if (isKeyDb(info))
    return { name: 'KeyDB', version: info.text('keydb_version') || compatible, unsupportedReason: KEYDB_REASON };
  if (compatible !== '') return { name: 'Redis', version: compatible };
  return {
    name: 'a server without a redis_version',
    version: '',
    unsupportedReason: 'it is not known to replicate to Redis',
  };
}

/** KeyDB does not report its name, but has INFO fields of its own and usually its own executable. */
function isKeyDb(info: Info): boolean {
  const own = ['keydb_version', 'mvcc_depth', 'server_threads'].some((field) => info.text(field) !== '');
  return own || /keydb-[^/]*$/.test(info.text('executable'));
}
