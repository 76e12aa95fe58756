// Parses RESP3, the protocol in which a server sends invalidations of keys: replies and pushes, in bytes.

/** A reply or a push. Maps are flat lists of keys and values; an error is an Error. */
export type Value = Buffer | number | null | Error | Push | Value[];

/** A message that is not a reply. */
export class Push {
  constructor(readonly parts: readonly Value[]) {}
}

/** Collects bytes, and returns the values that are complete. Throws if they are not RESP3. */
export class Resp3Parser {
  private rest: Buffer = Buffer.alloc(0);
  private at = 0;

  add(bytes: Buffer): Value[] {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    this.at = 0;
    const values: Value[] = [];
    for (;;) {
      const start = this.at;
      const value = this.value();
      if (value === undefined) {
        this.rest = this.rest.subarray(start);
        return values;
      }
      values.push(value);
    }
  }

  /** The next value; undefined if it is not complete. */
  private value(): Value | undefined {
    const line = this.line();
    if (line === undefined) return undefined;
    const [type, text] = [line.slice(0, 1), line.slice(1)];
    switch (type) {
      case '+':
      case '(':
      case ',':
      case '#':
        return Buffer.from(text, 'latin1');
      case '-':
        return new Error(text);
      case ':':
        return Number(text);
      case '_':
        return null;
      case '$':
      case '=':
      case '!':
        return Number(text) < 0 ? null : this.bytes(Number(text));
      case '*':
      case '~':
        return Number(text) < 0 ? null : this.list(Number(text));
      case '%':
        return this.list(2 * Number(text));
      case '>': {
        const parts = this.list(Number(text));
        return parts && new Push(parts);
      }
      default:
        throw new Error(`the reply ${JSON.stringify(line)} is not RESP3`);
    }
  }

  private line(): string | undefined {
    const end = this.rest.indexOf('\r\n', this.at);
    if (end < 0) return undefined;
    const line = this.rest.toString('latin1', this.at, end);
    this.at = end + 2;
    return line;
  }

  private bytes(length: number): Buffer | undefined {
    const end = this.at + length;
    if (this.rest.length < end + 2) return undefined;
    // A copy: keys are kept for long, and must not keep whole packets.
    const bytes = Buffer.from(this.rest.subarray(this.at, end));
    this.at = end + 2;
    return bytes;
  }

  private list(length: number): Value[] | undefined {
    const values: Value[] = [];
    for (let i = 0; i < length; i++) {
      const value = this.value();
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values;
  }
}
