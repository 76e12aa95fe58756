// What a server with TLS has beside the others: settings, and scripts that load its certificate again.

import { type k8s } from 'cdk8s-plus-27';
import { script } from '../common/scripts';
import { CA_FILE, CERTIFICATE_DIRECTORY } from '../tls/tls-files';
import { type ServerPorts } from './server-ports';

/** The settings. A password is enough to log in: clients need no certificate. */
export function tlsLines({ tls }: ServerPorts): string[] {
  if (tls === undefined) return [];
  return [
    `tls-port ${tls}`,
    `tls-cert-file ${CERTIFICATE_DIRECTORY}/tls.crt`,
    `tls-key-file ${CERTIFICATE_DIRECTORY}/tls.key`,
    `tls-ca-cert-file ${CA_FILE}`,
    'tls-auth-clients no',
    '# A shard that is restored follows the Job that has the file.',
    'tls-replication yes',
  ];
}

/** The scripts. Without a plain port, also the probes connect by TLS; the certificate needs no proof within its own container. */
export function tlsData({ tls, plain }: ServerPorts): Record<string, string> {
  if (tls === undefined) return {};
  return {
    'start-tls.sh': script('start-tls.sh'),
    'renew-tls.sh': script('renew-tls.sh'),
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
