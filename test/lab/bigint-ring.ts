// A naive ring, with 64-bit integers and a list of points, to check and time the fast one against.

import { createHash } from 'node:crypto';
import { Distribution, HashType, type NutcrackerPool } from '../../lib/nutcracker';

const PRIME = 0x1b3n;
const INIT = 0x84222325n;

export class BigintRing {
  private readonly points: { value: bigint; place: number }[] = [];
  private readonly slots: number[] = [];

  constructor(private readonly pool: NutcrackerPool) {
    if (pool.hash !== HashType.FNV1A_64) throw new Error(`this ring supports one hash, not ${pool.hash}`);
    const names = pool.servers.map(({ ringName }) => Buffer.from(ringName));
    const order = [...names.keys()].sort((a, b) => names[a].length - names[b].length || names[a].compare(names[b]));
    for (const place of order) {
      this.slots.push(...Array.from({ length: pool.servers[place].weight }, () => place));
      this.addPoints(place);
    }
    this.points.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  }

  indexOf(key: Uint8Array): number {
    if (this.pool.servers.length === 1) return 0;
    const hashed = this.tagged(key);
    const hash = hashed.length === 0 ? 0n : fnv1a(hashed);
    if (this.pool.distribution === Distribution.MODULA) return this.slots[Number(hash % BigInt(this.slots.length))];
    let [low, high] = [0, this.points.length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.points[middle].value < hash) low = middle + 1;
      else high = middle;
    }
    return this.points[low % this.points.length].place;
  }

  private addPoints(place: number): void {
    const { servers } = this.pool;
    const total = servers.reduce((sum, { weight }) => sum + weight, 0);
    const float = Float32Array.of(servers[place].weight, total, 0);
    float[2] = float[0] / float[1];
    for (const step of [160, 1 / 4, servers.length]) float[2] *= step;
    for (let i = 0; i < Math.floor(float[2]); i++) {
      const digest = createHash('md5').update(`${servers[place].ringName}-${i}`).digest();
      for (let at = 0; at < 16; at += 4) this.points.push({ value: BigInt(digest.readUInt32LE(at)), place });
    }
  }

  private tagged(key: Uint8Array): Uint8Array {
    if (this.pool.hashTag === undefined) return key;
    const [opening, closing] = Buffer.from(this.pool.hashTag);
    const start = key.indexOf(opening);
    const end = start < 0 ? -1 : key.indexOf(closing, start + 1);
    return end > start + 1 ? key.subarray(start + 1, end) : key;
  }
}

function fnv1a(key: Uint8Array): bigint {
  let hash = INIT;
  for (const byte of key) {
    hash ^= BigInt.asUintN(32, BigInt.asIntN(8, BigInt(byte)));
    hash = BigInt.asUintN(32, hash * PRIME);
  }
  return hash;
}
