// Reads keys from a stream, one per line: any bytes up to the newline. Memory use is constant.

import { refuse } from '../../lib/nutcracker/config-error';
import { type Bytes } from './pools';

/** Receives the key `bytes[start]` to `bytes[end - 1]`. The bytes are valid only until the call returns. */
export type KeyVisitor = (bytes: Uint8Array, start: number, end: number) => void;

/** Passes each line of a stream to the visitor. The last line needs no newline. */
export async function visitKeys(stream: Bytes, visit: KeyVisitor): Promise<void> {
  const lines = new KeyLines(visit);
  for await (const chunk of stream) lines.push(chunk);
  lines.end();
}

/** Splits chunks into lines. */
export class KeyLines {
  /** The start of a line that is not complete yet. */
  private pieces: Uint8Array[] = [];
  private pending = 0;
  private lines = 0;

  constructor(private readonly visit: KeyVisitor) {}

  push(chunk: Uint8Array): void {
    let start = 0;
    if (this.pending > 0) {
      const newline = chunk.indexOf(NEWLINE);
      this.keep(newline < 0 ? chunk : chunk.subarray(0, newline));
      if (newline < 0) return;
      this.visitPending();
      start = newline + 1;
    }
    const { visit } = this;
    for (let i = start; i < chunk.length; i++) {
      if (chunk[i] !== NEWLINE) continue;
      visit(chunk, start, i);
      this.lines++;
      start = i + 1;
    }
    this.keep(chunk.subarray(start));
  }

  end(): void {
    if (this.pending > 0) this.visitPending();
  }

  private visitPending(): void {
    const line = Buffer.concat(this.pieces);
    this.pieces = [];
    this.pending = 0;
    this.visit(line, 0, line.length);
    this.lines++;
  }

  private keep(piece: Uint8Array): void {
    this.pieces.push(piece);
    this.pending += piece.length;
    if (this.pending <= LONGEST_KEY) return;
    refuse({
      subject: `key ${this.lines + 1}`,
      because: `it is longer than ${LONGEST_KEY} bytes, the longest key that nutcracker forwards`,
      remedy: 'write one key per line',
    });
  }
}

const NEWLINE = 10;

/** A key must fit into nutcracker's largest mbuf (-m). */
const LONGEST_KEY = 16_777_216;
