// The keys of one server that changed and have not been copied since.

/** Keys, each once, the oldest first. */
export class PendingKeys {
  /** Text with one character for each byte: Buffers are not equal to each other. */
  private readonly keys = new Set<string>();

  get size(): number {
    return this.keys.size;
  }

  add(key: Buffer): void {
    this.keys.add(key.toString('latin1'));
  }

  /** Removes and returns some. A key that changes from now on is added again. */
  take(count: number): Buffer[] {
    const taken: Buffer[] = [];
    for (const key of this.keys) {
      if (taken.length === count) break;
      this.keys.delete(key);
      taken.push(Buffer.from(key, 'latin1'));
    }
    return taken;
  }

  clear(): void {
    this.keys.clear();
  }
}
