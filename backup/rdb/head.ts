// What the beginning of an RDB file says: who wrote it, and how many keys the first database has.

const MAGIC = /^REDIS\d{4}$|^VALKEY\d{3}$/;
const MAGIC_BYTES = 9;

const OPCODE = { FUNCTION: 245, AUX: 250, RESIZE: 251, SELECT: 254, END: 255 };

/** A string with an integer instead of a length: how many bytes it has. */
const INTEGER_BYTES: Readonly<Record<number, number | undefined>> = { 0: 1, 1: 2, 2: 4 };
const COMPRESSED = 3;

export interface RdbHead {
  /** The version that wrote it; empty if it does not say. */
  readonly redisVersion: string;
  /** The first database and the number of its keys; undefined if that is too far from the beginning. */
  readonly first?: { readonly database: number; readonly keys: number };
}

/** Reads the first bytes of a file; undefined if it is no RDB file. */
export function headOf(bytes: Buffer): RdbHead | undefined {
  if (!MAGIC.test(bytes.toString('latin1', 0, MAGIC_BYTES))) return undefined;
  const cursor = new Cursor(bytes, MAGIC_BYTES);
  let redisVersion = '';
  let database = 0;
  try {
    for (;;) {
      const opcode = cursor.byte();
      if (opcode === OPCODE.AUX) {
        const name = cursor.string();
        const value = cursor.string();
        if (name === 'redis-ver' || name === 'valkey-ver') redisVersion = value;
      } else if (opcode === OPCODE.FUNCTION) cursor.string();
      else if (opcode === OPCODE.SELECT) database = cursor.length();
      else if (opcode === OPCODE.RESIZE) return { redisVersion, first: { database, keys: cursor.length() } };
      else if (opcode === OPCODE.END) return { redisVersion, first: { database: 0, keys: 0 } };
      else return { redisVersion };
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { redisVersion };
  }
}

/** Reads beyond the bytes throw a RangeError. */
class Cursor {
  constructor(
    private readonly bytes: Buffer,
    private at: number,
  ) {}

  byte(): number {
    return this.bytes.readUInt8(this.at++);
  }

  length(): number {
    const { length, special } = this.lengthOrSpecial();
    if (special) throw new RangeError('no length');
    return length;
  }

  /** Text; integers and compressed strings have no text that matters here. */
  string(): string {
    const { length, special } = this.lengthOrSpecial();
    if (!special) return this.take(length).toString('latin1');
    const bytes = length === COMPRESSED ? this.compressedLength() : INTEGER_BYTES[length];
    if (bytes === undefined) throw new RangeError('no string');
    this.take(bytes);
    return '';
  }

  private compressedLength(): number {
    const length = this.length();
    this.length();
    return length;
  }

  private lengthOrSpecial(): { length: number; special: boolean } {
    const first = this.byte();
    const low = first & 0x3f;
    switch (first >> 6) {
      case 0:
        return { length: low, special: false };
      case 1:
        return { length: (low << 8) | this.byte(), special: false };
      case 2: {
        const bytes = this.take(low === 0 ? 4 : 8);
        return { length: low === 0 ? bytes.readUInt32BE() : Number(bytes.readBigUInt64BE()), special: false };
      }
      default:
        return { length: low, special: true };
    }
  }

  private take(count: number): Buffer {
    if (this.at + count > this.bytes.length) throw new RangeError('beyond the head');
    return this.bytes.subarray(this.at, (this.at += count));
  }
}
