// Reads lines and bytes from a socket, no faster than they are consumed.

import { type Socket } from 'node:net';

/** No line of the replication protocol is nearly as long. */
const MAX_LINE = 64 * 1024;

export class ByteReader {
  private rest = Buffer.alloc(0);
  private readonly chunks: AsyncIterator<Buffer, undefined>;

  constructor(socket: Socket) {
    this.chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  }

  /** The next bytes, as they arrive; undefined at the end of the stream. Throws if the connection fails. */
  async chunk(): Promise<Buffer | undefined> {
    if (this.rest.length > 0) {
      const bytes = this.rest;
      this.rest = Buffer.alloc(0);
      return bytes;
    }
    const { value, done } = await this.chunks.next();
    return done === true ? undefined : value;
  }

  /** The next line that is not empty, without its end. A server sends empty lines while it is busy, to keep the connection. */
  async line(): Promise<string> {
    let bytes = Buffer.alloc(0);
    for (;;) {
      const end = bytes.indexOf('\n');
      if (end >= 0) {
        const line = bytes.subarray(0, end).toString('latin1').replace(/\r$/, '');
        bytes = bytes.subarray(end + 1);
        if (line === '') continue;
        this.rest = bytes;
        return line;
      }
      if (bytes.length > MAX_LINE) throw new Error('sent no line of the replication protocol');
      const more = await this.chunk();
      if (more === undefined) throw new Error('closed the connection');
      bytes = Buffer.concat([bytes, more]);
    }
  }

  /** So many bytes. */
  async exactly(count: number): Promise<Buffer> {
    let bytes = Buffer.alloc(0);
    while (bytes.length < count) {
      const more = await this.chunk();
      if (more === undefined) throw new Error('closed the connection');
      bytes = Buffer.concat([bytes, more]);
    }
    this.rest = bytes.subarray(count);
    return bytes.subarray(0, count);
  }
}
