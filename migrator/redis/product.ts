// Which program a server is: others than Redis speak its protocol, and give a redis_version for the sake of clients.

import { type Info } from './info';

export interface Product {
  readonly name: string;
  /** Its own version. */
  readonly version: string;
  /** Why none of its data can be moved by replication, if so. */
  readonly unsupportedReason?: string;
}

/** By a field that no other program has. */
const OTHER_PRODUCTS: readonly (readonly [field: string, name: string, unsupportedReason: string])[] = [
  ['dragonfly_version', 'Dragonfly', 'it does not replicate to Redis'],
  ['garnet_version', 'Garnet', 'it does not replicate to Redis'],
  ['pika_version', 'Pika', 'it does not replicate to Redis'],
  ['kvrocks_version', 'Kvrocks', 'it does not replicate to Redis'],
  ['tendis_version', 'Tendis', 'it does not replicate to Redis'],
  ['rlec_version', 'Redis Enterprise', 'it gives nobody a role from outside'],
];

const KEYDB_OBJECTION = 'it replicates commands of its own, which Redis ignores, and what they write would be lost';

export function productOf(info: Info): Product {
  const compatible = info.text('redis_version');
  const valkey = info.text('valkey_version');
  if (valkey !== '') return { name: 'Valkey', version: valkey };
  for (const [field, name, unsupportedReason] of OTHER_PRODUCTS) {
    if (info.text(field) !== '') return { name, version: info.text(field), unsupportedReason };
  }
  if (isKeyDb(info))
    return { name: 'KeyDB', version: info.text('keydb_version') || compatible, unsupportedReason: KEYDB_OBJECTION };
  if (compatible !== '') return { name: 'Redis', version: compatible };
  return {
    name: 'a server without a redis_version',
    version: '',
    unsupportedReason: 'it is not known to replicate to Redis',
  };
}

/** It does not name itself, but has fields of its own, and mostly its own executable. */
function isKeyDb(info: Info): boolean {
  const own = ['keydb_version', 'mvcc_depth', 'server_threads'].some((field) => info.text(field) !== '');
  return own || /keydb-[^/]*$/.test(info.text('executable'));
}
