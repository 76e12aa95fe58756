// clients.cfg: the part of HAProxy in the pod of a proxy that ends the TLS of clients. nutcracker has none.

import { script } from '../common/scripts';
import {
  CA_DIRECTORY,
  caFiles,
  CERTIFICATE_DIRECTORY,
  keyPairFiles,
  type SecretFiles,
  together,
} from '../tls/tls-files';
import { type ClientTls } from '../tls/tls-options';
import { type LayerPools } from './next-ring';
import { type ServedPool } from './proxy-pool';

/** Where clients connect, and to which ports of nutcracker they are routed. */
export interface ClientFront {
  readonly tls: ClientTls;
  readonly pools: readonly FrontedPool[];
  /** The port at which kubelet asks whether nutcracker accepts clients, or each nutcracker with a port name as its path. */
  readonly acceptsPort: number;
  /** During a change of the ring, the nutcrackers to which the front of the rings routes. */
  readonly behind: readonly ServedPool[];
}

/** A pool with a TLS port. */
interface FrontedPool extends ServedPool {
  readonly tlsPort: number;
}

/** What every client of nutcracker reads from HAProxy. */
const CLIENT_CA_DIRECTORY = `${CA_DIRECTORY}-of-clients`;

const CERTIFICATE = `${CERTIFICATE_DIRECTORY}/tls.crt`;

/** The port for clients of the first pool: the usual one of Redis. */
const FIRST_TLS_PORT = 6379;

/** The TLS port of a pool, by its position. */
export function tlsPortOfPool({ port = FIRST_TLS_PORT }: ClientTls, n: number): number {
  return port + n;
}

/** The front of these pools, of which each has a TLS port. */
export function clientFront(tls: ClientTls, { served, own, next }: LayerPools, healthPort: number): ClientFront {
  const fronted = served.map((pool, n) => ({ ...pool, tlsPort: tlsPortOfPool(tls, n) }));
  return { tls, pools: fronted, acceptsPort: healthPort + 1, behind: next ? [...own, next] : [] };
}

/** The name of the TLS port of a pool, in the pod and in the Service. */
export function tlsPortName({ portName }: Pick<ServedPool, 'portName'>): string {
  return portName.replace('proxy', 'proxy-tls');
}

/** Its own files: the certificate of the proxies, and the authorities of their clients. */
export function frontFiles({ tls }: ClientFront): SecretFiles {
  const { secretName, clientCaSecretName: ca } = tls;
  return together(
    keyPairFiles(secretName),
    ...(ca === undefined ? [] : [caFiles(ca, 'tls-client-ca', CLIENT_CA_DIRECTORY)]),
  );
}

/** The files of the ConfigMap. */
export function frontData(front: ClientFront, listenAddress: string): Record<string, string> {
  return { 'clients.cfg': frontConfig(front, listenAddress), 'renew-tls.lua': script('renew-tls.lua') };
}

/** What a bind line has after its address. */
export function bindSettings({ clientCaSecretName }: ClientTls): string {
  const required = clientCaSecretName === undefined ? '' : ` ca-file ${CLIENT_CA_DIRECTORY}/ca.crt verify required`;
  return `ssl crt ${CERTIFICATE}${required}`;
}

function frontConfig({ tls, pools, acceptsPort, behind }: ClientFront, listenAddress: string): string {
  const each = (text: (pool: FrontedPool, n: number) => string): string => pools.map(text).join('\n');
  return `# Ends the TLS of clients.
global
  # The key is in tls.key, not in tls.crt.key.
  ssl-load-extra-del-ext
  ssl-default-bind-options ssl-min-ver TLSv1.2
  # Only for renew-tls.lua, which loads a changed certificate.
  stats socket abns@renew-${acceptsPort} level admin
  setenv RENEW_SOCKET abns@renew-${acceptsPort}
  setenv RENEW_FILES "${[CERTIFICATE, ...(tls.clientCaSecretName === undefined ? [] : [`${CLIENT_CA_DIRECTORY}/ca.crt`])].join(' ')}"
  lua-load /etc/bridge/renew-tls.lua

defaults clients
  mode tcp
  log global
  option dontlog-normal
  timeout connect 1s
  # Clients keep their connections open; keepalives detect dead ones. A handshake has less time.
  timeout client 1d
  timeout server 1d
  option clitcpka
  clitcpka-idle 30s
  clitcpka-intvl 10s
  clitcpka-cnt 3
  retries 0
  default-server check inter 1s fastinter 100ms downinter 100ms rise 1 fall 3

# Whether nutcracker accepts clients, for the probes of kubelet: it does not listen on an address that they reach.
frontend accepts from clients
  mode http
  bind ${listenAddress}:${acceptsPort}
  timeout client 10s
${acceptsRules(behind)}  http-request return status 503 content-type text/plain string "nutcracker does not accept clients"

${each(
  ({ port, tlsPort }, n) => `frontend clients-${n} from clients
  bind ${listenAddress}:${tlsPort} ${bindSettings(tls)}
  default_backend clients-${n}

backend clients-${n} from clients
  server nutcracker 127.0.0.1:${port}
`,
)}${behind.map(({ portName, port }) => `\nbackend accepts-${portName} from clients\n  server nutcracker 127.0.0.1:${port}\n`).join('')}`;
}

function acceptsRules(behind: readonly ServedPool[]): string {
  const accepts = '  http-request return status 200 content-type text/plain string accepts if';
  if (behind.length === 0) return `${accepts} { nbsrv(clients-0) gt 0 }\n`;
  return behind
    .map(({ portName }) => `${accepts} { path /${portName} } { nbsrv(accepts-${portName}) gt 0 }\n`)
    .join('');
}
