// What a server with TLS has beside the others: settings, and scripts that load its certificate again.

import { type k8s } from 'cdk8s-plus-27';
import { script } from '../common/scripts';
import { CA_FILE, CERTIFICATE_DIRECTORY, OLD_CERTIFICATE, OLD_KEY } from '../tls/tls-files';
import { type OldServerTls } from '../tls/tls-options';
import { type ServerPorts } from './server-ports';

/** Redis reads one file with authorities: during a migration, authorities.sh writes it from two Secrets. */
const ALL_AUTHORITIES = '/data/.tls-ca.crt';

/** The settings. A password is enough to log in: clients need no certificate. */
export function tlsLines(ports: ServerPorts, followsOthers: boolean, old?: OldServerTls): string[] {
  if (ports.tls === undefined) return [];
  return [
    ...tlsPortLines(ports, old),
    // A server with a partner replicates by the port that the Sentinels name: role.sh writes it. What the role on disk says comes first.
    // A node of a Redis Cluster replicates by the port of the cluster.
    ...(followsOthers
      ? []
      : [
          old
            ? '# A shard follows its old server, and when it is restored the Job that has the file.'
            : '# A shard that is restored follows the Job that has the file.',
          'tls-replication yes',
        ]),
  ];
}

/** The port with TLS, and its files. */
export function tlsPortLines({ tls }: ServerPorts, old?: OldServerTls): string[] {
  return [
    `tls-port ${tls}`,
    `tls-cert-file ${CERTIFICATE_DIRECTORY}/tls.crt`,
    `tls-key-file ${CERTIFICATE_DIRECTORY}/tls.key`,
    `tls-ca-cert-file ${old ? ALL_AUTHORITIES : CA_FILE}`,
    ...(old?.clientSecretName === undefined
      ? []
      : [`tls-client-cert-file ${OLD_CERTIFICATE}`, `tls-client-key-file ${OLD_KEY}`]),
    'tls-auth-clients no',
  ];
}

/** The scripts. Without a plain port, also the probes connect by TLS; the certificate needs no proof within its own container. */
export function tlsData({ tls, plain }: ServerPorts, old?: OldServerTls): Record<string, string> {
  if (tls === undefined) return {};
  return {
    'start-tls.sh': script('start-tls.sh'),
    'renew-tls.sh': script('renew-tls.sh'),
    ...(old && { 'authorities.sh': script('authorities.sh') }),
    ...(plain === undefined && {
      'probe.sh': script('probe.sh').replaceAll('redis-cli -h', 'redis-cli --tls --insecure -h'),
    }),
  };
}

export function startScript({ tls }: ServerPorts): string {
  return tls === undefined ? 'start.sh' : 'start-tls.sh';
}

export function tlsEnv({ plain }: ServerPorts): k8s.EnvVar[] {
  return plain === undefined ? [{ name: 'REDIS_TLS', value: 'yes' }] : [];
}

/** With it, the scripts connect to the other servers and to the Sentinels by TLS, and verify their certificates. */
export function peerEnv({ tls, used }: ServerPorts): k8s.EnvVar[] {
  return used === tls ? [{ name: 'PEER_TLS', value: 'yes' }] : [];
}
