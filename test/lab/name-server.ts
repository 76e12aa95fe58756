// A DNS server that returns the address set by a test for every name.

import * as dgram from 'node:dgram';
import { once } from 'node:events';

const HEADER_BYTES = 12;
const [TYPE_A, NXDOMAIN, RESPONSE] = [1, 3, 0x8180];

export class NameServer {
  /** The IPv4 address of every name; undefined for NXDOMAIN. */
  address?: string;
  /** The number of queries. */
  queries = 0;

  static async start(): Promise<NameServer> {
    const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new NameServer(socket);
  }

  private constructor(private readonly socket: dgram.Socket) {
    socket.on('message', (query, { port, address }) => {
      this.queries += 1;
      socket.send(this.respond(query), port, address);
    });
  }

  get port(): number {
    return this.socket.address().port;
  }

  close(): void {
    this.socket.close();
  }

  private respond(query: Buffer): Buffer {
    const typeAt = query.indexOf(0, HEADER_BYTES) + 1;
    const answers = this.address !== undefined && query.readUInt16BE(typeAt) === TYPE_A ? [record(this.address)] : [];
    const header = Buffer.alloc(HEADER_BYTES);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(RESPONSE | (this.address === undefined ? NXDOMAIN : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(answers.length, 6);
    return Buffer.concat([header, query.subarray(HEADER_BYTES, typeAt + 4), ...answers]);
  }
}

/** An A record for the queried name, with a TTL of five seconds. */
function record(address: string): Buffer {
  return Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 5, 0, 4, ...address.split('.').map(Number)]);
}
