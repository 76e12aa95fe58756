// The slots of a Redis Cluster: the CRC16 of a key, or of its hash tag, which is always `{}`.

import { crc16 } from '../../lib/nutcracker/hashes/crc';

/** The number of slots of every cluster. */
export const SLOTS = 16_384;

/** The ordinal of the server of each slot; NO_OWNER for a slot that no server has. */
export type SlotOwners = readonly number[];
export const NO_OWNER = -1;

const [OPENING, CLOSING] = Buffer.from('{}');

/** The slot of a key, of any bytes. */
export function slotOf(key: Buffer): number {
  const opening = key.indexOf(OPENING);
  const closing = opening < 0 ? opening : key.indexOf(CLOSING, opening + 1);
  const hash = closing > opening + 1 ? crc16(key, opening + 1, closing) : crc16(key, 0, key.length);
  return hash & (SLOTS - 1);
}
