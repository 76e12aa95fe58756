// Which password a proxy has. nutcracker has one for its clients and its servers, and answers AUTH itself, so its answer to a client
// tells what it sends to the servers.

import * as net from 'node:net';
import { connectTo, tlsRefusal } from '../../migrator/redis/tls';

const TIMEOUT_MS = 2000;

/** A server with TLS 1.3 rejects a certificate after the handshake, and its reason can get lost with the connection. */
const SILENT =
  'it does not reply after the handshake; if it requires certificates of its clients, give one that it accepts (clientSecretName), otherwise look at the logs of its containers';

/** Called with `host:port` of a proxy before the connection, which then uses TLS. */
export type ProxyTrust = (address: string) => void;

/** What answers at the port of the proxies. */
export interface ProxyAnswer {
  /**
   * `current`: it is a proxy with the first password of the Secret. `other`: one with another password. `unknown`: one that cannot be asked,
   * since its certificate or that of this program is refused. `none`: no proxy.
   */
  readonly password: 'current' | 'other' | 'unknown' | 'none';
  /** Why it is not known, with TLS. */
  readonly reason?: string;
}

export class Proxies {
  private readonly found = new Map<string, Promise<ProxyAnswer>>();

  /** @param trust if the proxies have TLS; then none is asked without it */
  constructor(
    private readonly port: number,
    private readonly password: string,
    private readonly trust?: ProxyTrust,
  ) {}

  /** Asked once for each address. */
  passwordOf(ip: string): Promise<ProxyAnswer> {
    const known = this.found.get(ip) ?? this.ask(ip);
    this.found.set(ip, known);
    return known;
  }

  private async ask(host: string): Promise<ProxyAnswer> {
    const where = { host, port: this.port };
    this.trust?.(`${host}:${this.port}`);
    const { socket, event } = this.trust ? connectTo(where) : { socket: net.connect(where), event: 'connect' as const };
    const { reply, isOpened, error } = await replyTo(socket, event, this.password);
    if (reply.startsWith('+OK')) return { password: 'current' };
    if (reply.startsWith('-')) return { password: 'other' };
    if (!this.trust) return { password: 'none' };
    const refusal = await tlsRefusal(where, error);
    if (refusal) {
      const { reason, remedy, isAboutCertificate } = refusal;
      return { password: isAboutCertificate ? 'unknown' : 'none', reason: `${reason}; ${remedy}` };
    }
    // What has the name of the proxies in a certificate of their authority is one.
    return isOpened ? { password: 'unknown', reason: SILENT } : { password: 'none', reason: error?.message };
  }
}

interface Reply {
  readonly reply: string;
  /** Whether the connection was established, with TLS also the handshake. */
  readonly isOpened: boolean;
  readonly error?: Error;
}

/** The first line that a proxy replies to AUTH; as much as there is when the connection ends. */
function replyTo(socket: net.Socket, event: 'connect' | 'secureConnect', password: string): Promise<Reply> {
  return new Promise((resolve) => {
    let reply = '';
    let isOpened = false;
    const end = (error?: Error): void => {
      socket.destroy();
      resolve({ reply, isOpened, error });
    };
    socket
      .setTimeout(TIMEOUT_MS, () => {
        end(new Error('no reply in time'));
      })
      .on('error', end)
      .once('close', () => {
        end();
      });
    socket.once(event, () => {
      isOpened = true;
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
