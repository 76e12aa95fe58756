// What Jobs need to connect to servers with TLS.

import { usesTls } from '../redis/server-ports';
import {
  CA_FILE,
  caFiles,
  caSecretOf,
  CERTIFICATE_DIRECTORY,
  CLUSTER_CA_FILE,
  clusterCaFiles,
  keyPairFiles,
  NO_FILES,
  OLD_CA_FILE,
  OLD_CERTIFICATE,
  OLD_KEY,
  oldServerFiles,
  PROXY_CA_FILE,
  PROXY_CERTIFICATE,
  PROXY_KEY,
  proxyFiles,
  type SecretFiles,
  together,
} from '../tls/tls-files';
import { type ClientTls, type ClusterTls, type OldServerTls, type ShardTls } from '../tls/tls-options';
import { type Extras } from './program-job';

/** The same Job with the authorities of the servers, if the fleet connects to them by TLS. */
export function withTls(extras: Extras, tls?: ShardTls): Extras {
  if (tls === undefined || !usesTls(tls)) return extras;
  return added(extras, ['--tls-ca', CA_FILE], caFiles(caSecretOf(tls)));
}

/** The same, also with a certificate: servers follow this Job by TLS as soon as they have a TLS port. */
export function withTlsServer(extras: Extras, tls?: ShardTls): Extras {
  if (tls === undefined) return extras;
  const [cert, key] = ['tls.crt', 'tls.key'].map((file) => `${CERTIFICATE_DIRECTORY}/${file}`);
  return added(withTls(extras, tls), ['--tls-cert', cert, '--tls-key', key], keyPairFiles(tls.secretName));
}

/** The same with what the old servers of a migration need, if they have TLS. */
export function withOldTls(extras: Extras, tls?: OldServerTls): Extras {
  if (tls === undefined) return extras;
  const own = tls.clientSecretName === undefined ? [] : ['--old-tls-cert', OLD_CERTIFICATE, '--old-tls-key', OLD_KEY];
  return added(extras, ['--old-tls-ca', OLD_CA_FILE, ...own], oldServerFiles(tls));
}

/** The same with what the proxies need, if Jobs connect to them by TLS. */
export function withProxyTls(extras: Extras, tls?: ClientTls): Extras {
  if (tls === undefined) return extras;
  const own =
    tls.clientSecretName === undefined ? [] : ['--proxy-tls-cert', PROXY_CERTIFICATE, '--proxy-tls-key', PROXY_KEY];
  return added(extras, ['--proxy-tls-ca', PROXY_CA_FILE, ...own], proxyFiles(tls));
}

/** The same with the authorities of the nodes of a Redis Cluster, if it has TLS. */
export function withClusterTls(extras: Extras, tls?: ClusterTls): Extras {
  if (tls === undefined) return extras;
  return added(extras, ['--cluster-tls-ca', CLUSTER_CA_FILE], clusterCaFiles(tls));
}

function added(extras: Extras, args: readonly string[], files: SecretFiles): Extras {
  const { volumes, mounts } = together(
    { ...NO_FILES, volumes: [...(extras.volumes ?? [])], mounts: [...(extras.volumeMounts ?? [])] },
    files,
  );
  return { ...extras, args: [...(extras.args ?? []), ...args], volumes, volumeMounts: mounts };
}
