// Certificates of authorities of a lab, made by openssl.

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { freePort, type Lab, type Program } from './lab';

/** The keys of a Secret, as cert-manager writes it. */
export interface CertificateSecret {
  readonly 'tls.crt': string;
  readonly 'tls.key': string;
  readonly 'ca.crt': string;
}

interface Issued {
  /** Negative for a certificate that has expired. @default 10 */
  readonly days?: number;
  /** Whether it is not for 127.0.0.1. */
  readonly noAddress?: boolean;
  /** More IP addresses that it is for. */
  readonly addresses?: readonly string[];
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

let files = 0;

export class Authority {
  readonly certificate: string;
  private readonly path: string;

  constructor(
    private readonly lab: Lab,
    readonly name: string,
  ) {
    this.path = `${lab.dir}/authority-${++files}`;
    const subject = ['-subj', `/CN=${name}`, '-days', '30'];
    openssl('req', '-x509', ...KEY, '-keyout', `${this.path}.key`, '-out', `${this.path}.crt`, ...subject);
    this.certificate = fs.readFileSync(`${this.path}.crt`, 'utf8');
  }

  /** A certificate for these names, and for 127.0.0.1, where everything in a lab is. */
  issue(names: readonly string[], { days = 10, noAddress = false, addresses = [] }: Issued = {}): CertificateSecret {
    const file = `${this.lab.dir}/certificate-${++files}`;
    const alternatives = [
      ...names.map((name) => `DNS:${name}`),
      ...(noAddress ? [] : ['127.0.0.1', ...addresses].map((it) => `IP:${it}`)),
    ].join(',');
    fs.writeFileSync(`${file}.ext`, `subjectAltName=${alternatives}\n`);
    openssl('req', ...KEY, '-keyout', `${file}.key`, '-out', `${file}.csr`, '-subj', `/CN=${names[0] ?? 'none'}`);
    const by = ['-CA', `${this.path}.crt`, '-CAkey', `${this.path}.key`, '-extfile', `${file}.ext`];
    openssl('x509', '-req', '-in', `${file}.csr`, ...by, '-days', String(days), '-out', `${file}.crt`);
    return {
      'tls.crt': fs.readFileSync(`${file}.crt`, 'utf8'),
      'tls.key': fs.readFileSync(`${file}.key`, 'utf8'),
      'ca.crt': this.certificate,
    };
  }
}

/** The same certificate, with several authorities beside it. */
export function trusting(secret: CertificateSecret, ...authorities: readonly Authority[]): CertificateSecret {
  return { ...secret, 'ca.crt': authorities.map(({ certificate }) => certificate).join('') };
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}

/** Starts a server with a certificate, which accepts TLS only. */
export async function startTlsServer(
  lab: Lab,
  certificate: CertificateSecret,
): Promise<{ port: number; server: Program }> {
  const port = await freePort();
  const [cert, key, ca] = Object.entries(certificate).map(([name, text]) => lab.write(name, text as string));
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca];
  const ports = ['--port', '0', '--tls-port', `${port}`, '--tls-auth-clients', 'no'];
  const server = lab.start('redis-server', [...ports, ...files, '--save', '']);
  await server.ready(() => server.output.includes('Ready to accept connections'));
  return { port, server };
}
