// Certificates of authorities of a lab, made by openssl.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { freePort, type Lab, type Program } from './lab';
import { type LabPod } from './pod';

/** The keys of a Secret, as cert-manager writes it. */
export interface CertificateSecret {
  readonly 'tls.crt': string;
  readonly 'tls.key': string;
  readonly 'ca.crt': string;
}

interface Issued {
  /** Negative for a certificate that has expired. @default 10 */
  readonly days?: number;
  /** For how many days it has been valid already. @default 0 */
  readonly daysAgo?: number;
  /** Whether it is not for 127.0.0.1. */
  readonly noAddress?: boolean;
  /** What it may be used for. @default - everything */
  readonly usage?: 'serverAuth';
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
  issue(
    names: readonly string[],
    { days = 10, daysAgo = 0, noAddress = false, usage, addresses = [] }: Issued = {},
  ): CertificateSecret {
    const file = `${this.lab.dir}/certificate-${++files}`;
    const alternatives = [
      ...names.map((name) => `DNS:${name}`),
      ...(noAddress ? [] : ['127.0.0.1', ...addresses].map((it) => `IP:${it}`)),
    ].join(',');
    fs.writeFileSync(`${file}.ext`, `subjectAltName=${alternatives}\n${usage ? `extendedKeyUsage=${usage}\n` : ''}`);
    openssl('req', ...KEY, '-keyout', `${file}.key`, '-out', `${file}.csr`, '-subj', `/CN=${names[0] ?? 'none'}`);
    const inAndOut = ['-in', `${file}.csr`, '-out', `${file}.crt`, '-extfile', `${file}.ext`];
    if (daysAgo > 0) this.signSince(file, inAndOut, [-daysAgo, days]);
    else {
      const by = ['-CA', `${this.path}.crt`, '-CAkey', `${this.path}.key`];
      openssl('x509', '-req', ...inAndOut, ...by, '-days', String(days));
    }
    return {
      'tls.crt': fs.readFileSync(`${file}.crt`, 'utf8'),
      'tls.key': fs.readFileSync(`${file}.key`, 'utf8'),
      'ca.crt': this.certificate,
    };
  }

  /** Only `openssl ca` issues a certificate that is valid since another time than now. */
  private signSince(file: string, files: readonly string[], [from, to]: readonly [number, number]): void {
    fs.writeFileSync(`${file}.index`, '');
    fs.writeFileSync(`${file}.serial`, randomBytes(8).toString('hex'));
    const settings = [
      `database=${file}.index`,
      `serial=${file}.serial`,
      `new_certs_dir=${this.lab.dir}`,
      'default_md=sha256',
      'policy=any',
    ];
    fs.writeFileSync(
      `${file}.cnf`,
      ['[ca]', 'default_ca=own', '[own]', ...settings, '[any]', 'commonName=supplied'].join('\n'),
    );
    const by = ['-config', `${file}.cnf`, '-cert', `${this.path}.crt`, '-keyfile', `${this.path}.key`];
    const times = ['-startdate', inDays(from), '-enddate', inDays(to)];
    openssl('ca', '-batch', '-notext', ...by, ...times, ...files);
  }
}

/** As openssl writes it: YYYYMMDDHHMMSSZ. */
function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, '');
}

/** Replaces the files of a certificate in pods, as kubelet does. */
export function renewIn(pods: readonly LabPod[], secret: CertificateSecret): void {
  for (const pod of pods) {
    for (const [directory, files] of [
      ['/run/tls/own', ['tls.crt', 'tls.key']],
      ['/run/tls/ca', ['ca.crt']],
    ] as const) {
      if (!pod.mounts(directory)) continue;
      for (const file of files) {
        const target = path.join(pod.directory(directory), file);
        fs.writeFileSync(`${target}.new`, secret[file]);
        fs.chmodSync(`${target}.new`, 0o644);
        fs.renameSync(`${target}.new`, target);
      }
    }
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
  options: readonly string[] = ['--tls-auth-clients', 'no'],
): Promise<{ port: number; server: Program }> {
  const port = await freePort();
  const [cert, key, ca] = Object.entries(certificate).map(([name, text]) => lab.write(name, text as string));
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca];
  const ports = ['--port', '0', '--tls-port', `${port}`, ...options];
  const server = lab.start('redis-server', [...ports, ...files, '--save', '']);
  await server.ready(() => server.output.includes('Ready to accept connections'));
  return { port, server };
}
