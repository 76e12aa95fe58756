// Which password a proxy has. nutcracker has one for its clients and its servers, and answers AUTH itself, so its answer to a client
// tells what it sends to the servers.

import * as net from 'node:net';

const TIMEOUT_MS = 2000;

/** `current`: it is a proxy with the first password of the Secret. `other`: one with another password. `none`: no proxy. */
export type ProxyPassword = 'current' | 'other' | 'none';

export class Proxies {
  private readonly found = new Map<string, Promise<ProxyPassword>>();

  constructor(
    private readonly port: number,
    private readonly password: string,
  ) {}

  /** Asked once for each address. */
  passwordOf(ip: string): Promise<ProxyPassword> {
    const known = this.found.get(ip) ?? ask(ip, this.port, this.password);
    this.found.set(ip, known);
    return known;
  }
}

function ask(host: string, port: number, password: string): Promise<ProxyPassword> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    let reply = '';
    const end = (): void => {
      socket.destroy();
      resolve(reply.startsWith('+OK') ? 'current' : reply.startsWith('-') ? 'other' : 'none');
    };
    socket.setTimeout(TIMEOUT_MS, end).once('error', end).once('close', end);
    socket.once('connect', () => {
      const bytes = Buffer.from(password);
      socket.write(
        Buffer.concat([Buffer.from(`*2\r\n$4\r\nAUTH\r\n$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]),
      );
    });
    socket.on('data', (chunk: Buffer) => {
      reply += chunk.toString('latin1');
      if (reply.includes('\r\n')) end();
    });
  });
}
