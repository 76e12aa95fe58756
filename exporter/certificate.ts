// The certificate that a server has: not that of a file, since a server may not have loaded it.

import * as net from 'node:net';
import * as tls from 'node:tls';
import { Gauge, Registry } from 'prom-client';

/** The times between which a certificate is valid, in seconds since 1970. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Reads the certificate in a handshake, whoever has issued it. Nothing is sent. Throws if there is none. */
export function validityAt(host: string, port: number, timeoutMs: number): Promise<Validity> {
  return new Promise((resolve, reject) => {
    const name = net.isIP(host) === 0 ? { servername: host.replace(/\.$/, '') } : {};
    const socket = tls.connect({ host, port, ...name, rejectUnauthorized: false });
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('no handshake in time')));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const { valid_from: from, valid_to: to } = socket.getPeerCertificate();
      socket.destroy();
      resolve({ notBefore: Date.parse(from) / 1000, notAfter: Date.parse(to) / 1000 });
    });
  });
}

export async function certificateMetrics({ notBefore, notAfter }: Validity): Promise<string> {
  const registry = new Registry();
  const gauge = (name: string, help: string, value: number): void => {
    new Gauge({ name: `cdk8s_twemproxy_certificate_${name}_timestamp_seconds`, help, registers: [registry] }).set(
      value,
    );
  };
  gauge('not_before', 'When the certificate of the server begins to be valid', notBefore);
  gauge('not_after', 'When the certificate of the server expires', notAfter);
  return registry.metrics();
}
