// Digests of byte strings that do not have to be in memory all at once.

import { createHash } from 'node:crypto';

/** A digest of byte strings in order. */
export class SequenceDigest {
  private readonly hash = createHash('sha256');

  add(parts: readonly Buffer[]): void {
    this.hash.update(framed(parts));
  }

  end(): string {
    return this.hash.digest('base64');
  }
}

/** A digest of elements in any order, without duplicates. Needs 8 bytes per element, and twice that while it grows. */
export class ElementDigest {
  private elements = new BigUint64Array(16);
  private count = 0;

  /** An element may have several parts, such as the field and the value of a hash. */
  add(parts: readonly Buffer[]): void {
    if (this.count === this.elements.length) {
      const larger = new BigUint64Array(this.count * 2);
      larger.set(this.elements);
      this.elements = larger;
    }
    this.elements[this.count++] = createHash('sha256').update(framed(parts)).digest().readBigUInt64BE();
  }

  end(): string {
    const sorted = this.elements.subarray(0, this.count).sort();
    let kept = 0;
    for (const element of sorted) if (kept === 0 || element !== sorted[kept - 1]) sorted[kept++] = element;
    return createHash('sha256').update(sorted.subarray(0, kept)).digest('base64');
  }
}

/** Each part is prefixed with its length, so that different lists of parts give different bytes. */
function framed(parts: readonly Buffer[]): Buffer {
  const bytes = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  let at = 0;
  for (const part of parts) {
    at = bytes.writeUInt32BE(part.length, at);
    at += part.copy(bytes, at);
  }
  return bytes;
}
