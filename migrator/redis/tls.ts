// TLS of the connections of a program. It is set once for each address, before the first connection, and not where a connection is made:
// none can go without it.

import { X509Certificate } from 'node:crypto';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { type Refusal } from './refusal';

/** Where a server is. */
interface Where {
  readonly host: string;
  readonly port: number;
}

/** A certificate for servers that require one of their clients, and its key: paths of files. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** The certificate authorities that servers are verified with, and their file for errors. */
interface Trust {
  readonly ca: string;
  readonly file: string;
  /** What this program shows the servers. */
  readonly cert?: string;
  readonly key?: string;
  /** The name in the certificates, if it is not the host. */
  readonly name?: string;
}

/** What servers with a trust of their own have. */
export interface Identity {
  /** The name in their certificates, if it is not the host of each. */
  readonly name?: string;
  /** What this program shows them. */
  readonly certificate?: ClientCertificate;
}

/** The trust of these servers; other addresses have that of all. */
interface Servers extends Identity {
  /** `host:port` of each. */
  readonly addresses: readonly string[];
}

let trustOfAll: Trust | undefined;
/** Of single servers; without one, a server has no TLS. */
const trusts = new Map<string, Trust | undefined>();

const DIAGNOSE_MS = 2000;

/**
 * From now on, every connection uses TLS, or every one to these servers, and accepts only a certificate of the authorities in a file.
 * Throws if there are none, or if the certificate of this program cannot be used.
 */
export function trustAuthoritiesIn(file: string, servers?: Servers): void {
  if (servers === undefined) trustOfAll = trustIn(file, {});
  else servers.addresses.forEach(trusting(file, servers));
}

/** The same for servers whose addresses are not known yet: call the result with `host:port` of each before the first connection to it. */
export function trusting(file: string, servers: Identity): (address: string) => void {
  const trust = trustIn(file, servers);
  return (address) => void trusts.set(address, trust);
}

function trustIn(file: string, { name, certificate: own }: Identity): Trust {
  const ca = fs.readFileSync(file, 'utf8');
  if (!ca.includes('-----BEGIN CERTIFICATE-----')) throw new Error(`${file} has no certificate in PEM`);
  const [cert, key] = own ? [own.cert, own.key].map((it) => fs.readFileSync(it, 'utf8')) : [];
  tls.createSecureContext({ ca, cert, key });
  return { ca, file, cert, key, name };
}

/** From now on, connections to these servers do not use TLS, as others do. */
export function connectWithoutTls(addresses: readonly string[]): void {
  for (const address of addresses) trusts.set(address, undefined);
}

/** The servers at these addresses keep what they have now, TLS or none, whatever all have later. */
export function keepTrust(addresses: readonly string[]): void {
  for (const address of addresses) trusts.set(address, trusts.get(address) ?? trustOfAll);
}

function trustOf({ host, port }: Where): Trust | undefined {
  const address = `${host}:${port}`;
  return trusts.has(address) ? trusts.get(address) : trustOfAll;
}

/** The options of a connection; undefined without TLS. */
export function tlsOptions(where: Where): tls.ConnectionOptions | undefined {
  const trust = trustOf(where);
  return trust && { ca: trust.ca, cert: trust.cert, key: trust.key, ...nameOf(where.host, trust) };
}

/** A name is fully qualified in a plan, but not in a certificate. An IP address is no server name. */
function nameOf(host: string, { name }: Pick<Trust, 'name'>): { servername?: string } {
  if (name !== undefined) return { servername: name };
  return net.isIP(host) === 0 ? { servername: host.replace(/\.$/, '') } : {};
}

/** A socket, and the event with which its connection is established. */
export function connectTo({ host, port }: Where): {
  socket: net.Socket;
  event: 'connect' | 'secureConnect';
} {
  const options = tlsOptions({ host, port });
  return options
    ? { socket: tls.connect({ host, port, ...options }), event: 'secureConnect' }
    : { socket: net.connect({ host, port }), event: 'connect' };
}

/** What is wrong with a server to which a connection by TLS has failed; undefined if that is not about TLS. */
export async function tlsRefusal(where: Where, error?: Error): Promise<Refusal | undefined> {
  const code = error === undefined ? '' : String((error as { code?: unknown }).code);
  const trust = trustOf(where);
  if (trust === undefined) return undefined;
  if (ALERT_ABOUT_CERTIFICATE.test(code)) return ownRefusal(trust, code);
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
  const found = await certificateOf(where, trust);
  const described = found === undefined ? '' : ` ${describe(found)}`;
  return {
    reason: `its certificate${described} is refused: ${error?.message ?? code}`,
    remedy: remedyFor(code, trust.file),
    isPermanent: true,
    isAboutCertificate: true,
  };
}

/** What a server replies that wants a certificate, or does not accept the one that it got. */
const ALERT_ABOUT_CERTIFICATE =
  /ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE)/;

function ownRefusal({ cert }: Trust, code: string): Refusal {
  const alert = /ALERT_(\w+)/.exec(code)?.[1].toLowerCase().replaceAll('_', ' ') ?? code;
  if (cert === undefined)
    return {
      reason: `it requires a certificate of its clients (${alert})`,
      remedy: 'give one that it accepts (clientSecretName), or turn that off there (tls-auth-clients no)',
      isPermanent: true,
      isAboutCertificate: true,
    };
  const { subject, issuer, validTo } = new X509Certificate(cert);
  const names = [subject, issuer].map((it) => it.replace(/^CN=/, '').replaceAll('\n', ', '));
  return {
    reason: `it refuses the certificate of this program, of ${names[0]} (issued by ${names[1]}, valid until ${validTo}): ${alert}`,
    remedy: 'renew it, or issue it by an authority that this server trusts',
    isPermanent: true,
    isAboutCertificate: true,
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
function certificateOf(where: Where, trust: Trust): Promise<tls.PeerCertificate | undefined> {
  return new Promise((resolve) => {
    const socket = tls.connect({ ...where, ...nameOf(where.host, trust), rejectUnauthorized: false });
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
