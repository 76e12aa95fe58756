// TLS of all connections of a program. It is set once, from the command line, and not for each connection: none can go without it.

import * as fs from 'node:fs';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { type Refusal } from './refusal';

/** The certificate authorities that servers are verified with, and their file for errors. */
interface Trust {
  readonly ca: string;
  readonly file: string;
}

let trust: Trust | undefined;

const DIAGNOSE_MS = 2000;

/** From now on, every connection uses TLS, and accepts only servers with a certificate of these authorities. Throws if there are none. */
export function trustAuthoritiesIn(file: string): void {
  const ca = fs.readFileSync(file, 'utf8');
  tls.createSecureContext({ ca });
  if (!ca.includes('-----BEGIN CERTIFICATE-----')) throw new Error(`${file} has no certificate in PEM`);
  trust = { ca, file };
}

/** The options of a connection to a host; undefined without TLS. */
export function tlsOptions(host: string): tls.ConnectionOptions | undefined {
  return trust && { ca: trust.ca, ...nameOf(host) };
}

/** A name is fully qualified in a plan, but not in a certificate. An IP address is no server name. */
function nameOf(host: string): { servername?: string } {
  return net.isIP(host) === 0 ? { servername: host.replace(/\.$/, '') } : {};
}

/** A socket, and the event with which its connection is established. */
export function connectTo({ host, port }: { host: string; port: number }): {
  socket: net.Socket;
  event: 'connect' | 'secureConnect';
} {
  const options = tlsOptions(host);
  return options
    ? { socket: tls.connect({ host, port, ...options }), event: 'secureConnect' }
    : { socket: net.connect({ host, port }), event: 'connect' };
}

/** What is wrong with a server to which a connection by TLS has failed; undefined if that is not about TLS. */
export async function tlsRefusal(where: { host: string; port: number }, error?: Error): Promise<Refusal | undefined> {
  const code = error === undefined ? '' : String((error as { code?: unknown }).code);
  if (trust === undefined) return undefined;
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    const remedy = 'use its TLS port, or look for a proxy in between';
    return {
      reason: `it does not speak TLS there (${error?.message.split('\n')[0] ?? code})`,
      remedy,
      isPermanent: true,
    };
  }
  if (code === 'ETIMEDOUT') {
    const remedy = 'if that is its port without TLS, use the other one; otherwise look at its load, and at the network';
    return { reason: 'there was no TLS handshake in time', remedy, isPermanent: false };
  }
  if (!/CERT|ISSUER|SIGNATURE|CRL/.test(code)) return undefined;
  const found = await certificateOf(where);
  const described = found === undefined ? '' : ` ${describe(found)}`;
  return {
    reason: `its certificate${described} is refused: ${error?.message ?? code}`,
    remedy: remedyFor(code, trust.file),
    isPermanent: true,
  };
}

function remedyFor(code: string, file: string): string {
  if (code === 'CERT_HAS_EXPIRED') return 'renew it; the server loads the files of its Secret again';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'issue it for the name of this server as well';
  return `add the authority that issued it to ${file}, or issue it by one of those`;
}

function describe({ subject, issuer, valid_to: end }: tls.PeerCertificate): string {
  return `of ${nameIn(subject)} (issued by ${nameIn(issuer)}, valid until ${end})`;
}

function nameIn({ CN, O }: tls.Certificate): string {
  return String(CN ?? O ?? 'nobody');
}

/** The certificate of a server that is not trusted. Nothing is sent to it. */
function certificateOf(where: { host: string; port: number }): Promise<tls.PeerCertificate | undefined> {
  return new Promise((resolve) => {
    const socket = tls.connect({ ...where, ...nameOf(where.host), rejectUnauthorized: false });
    const end = (found?: tls.PeerCertificate): void => {
      socket.destroy();
      resolve(found);
    };
    socket.setTimeout(DIAGNOSE_MS, () => {
      end();
    });
    socket.once('error', () => {
      end();
    });
    socket.once('secureConnect', () => {
      end(socket.getPeerCertificate());
    });
  });
}
