// Keys, one a line: any bytes up to a newline, taken from a stream of which little is in memory at a time.

import { refuse } from '../../lib/nutcracker/config-error';
import { type Bytes } from './pools';

/** Gets the key `bytes[start]` to `bytes[end - 1]`, which is good only until it returns. */
export type KeyVisitor = (bytes: Uint8Array, start: number, end: number) => void;

/** Hands each line of a stream to the visitor; a last line needs no newline. */
export async function visitKeys(stream: Bytes, visit: KeyVisitor): Promise<void> {
  const lines = new KeyLines(visit);
  for await (const chunk of stream) lines.push(chunk);
  lines.end();
}

/** Cuts chunks into lines. */
export class KeyLines {
  /** The beginning of a line whose end has not come yet. */
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
      because: `it is longer than ${LONGEST_KEY} bytes, and nutcracker passes on no such key`,
      remedy: 'write one key a line',
    });
  }
}

const NEWLINE = 10;

/** nutcracker's largest mbuf (-m), into which a key must fit. */
const LONGEST_KEY = 16_777_216;
