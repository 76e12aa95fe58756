// The files of Secrets with certificates, in the pods that need them. kubelet replaces all files of a Secret at once.

import { type k8s } from 'cdk8s-plus-27';
import { type ClientTls, type ClusterTls, type OldServerTls, type ShardTls } from './tls-options';

/** Files that a container reads. */
export interface SecretFiles {
  readonly volumes: k8s.Volume[];
  readonly mounts: k8s.VolumeMount[];
}

export const NO_FILES: SecretFiles = { volumes: [], mounts: [] };

/** Where a container finds its own certificate, and where the authorities that it verifies others with. */
export const CERTIFICATE_DIRECTORY = '/run/tls/own';
export const CA_DIRECTORY = '/run/tls/ca';
export const CA_FILE = `${CA_DIRECTORY}/ca.crt`;

/** Where a Job finds the authorities that it verifies the nodes of a Redis Cluster with. */
const CLUSTER_CA_DIRECTORY = `${CA_DIRECTORY}-of-cluster`;
export const CLUSTER_CA_FILE = `${CLUSTER_CA_DIRECTORY}/ca.crt`;

/** Where it finds the certificate for the old servers of a migration, and the authorities that it verifies them with. */
const OLD_CA_DIRECTORY = `${CA_DIRECTORY}-of-old`;
const OLD_CERTIFICATE_DIRECTORY = '/run/tls/old';
export const OLD_CA_FILE = `${OLD_CA_DIRECTORY}/ca.crt`;
export const OLD_CERTIFICATE = `${OLD_CERTIFICATE_DIRECTORY}/tls.crt`;
export const OLD_KEY = `${OLD_CERTIFICATE_DIRECTORY}/tls.key`;

/** Where it finds the same for the proxies. */
const PROXY_CA_DIRECTORY = `${CA_DIRECTORY}-of-proxies`;
const PROXY_CERTIFICATE_DIRECTORY = '/run/tls/proxies';
export const PROXY_CA_FILE = `${PROXY_CA_DIRECTORY}/ca.crt`;
export const PROXY_CERTIFICATE = `${PROXY_CERTIFICATE_DIRECTORY}/tls.crt`;
export const PROXY_KEY = `${PROXY_CERTIFICATE_DIRECTORY}/tls.key`;

/** The certificate of a server, its key, and the authorities. */
export function serverFiles(tls: ShardTls): SecretFiles {
  return together(keyPairFiles(tls.secretName), caFiles(caSecretOf(tls)));
}

/** The certificate in a Secret, and its key. */
export function keyPairFiles(secretName: string): SecretFiles {
  return secretFiles('tls', CERTIFICATE_DIRECTORY, secretName, ['tls.crt', 'tls.key']);
}

/** The authorities in a Secret, without its key. */
export function caFiles(secretName: string, name = 'tls-ca', mountPath = CA_DIRECTORY): SecretFiles {
  return secretFiles(name, mountPath, secretName, ['ca.crt']);
}

/** The authorities of the nodes of a Redis Cluster, for a Job that also connects to shards. */
export function clusterCaFiles(tls: ClusterTls): SecretFiles {
  return caFiles(caSecretOf(tls), 'tls-cluster-ca', CLUSTER_CA_DIRECTORY);
}

/** The Secret with the authorities. */
export function caSecretOf({ secretName, caSecretName = secretName }: ShardTls | ClusterTls | ClientTls): string {
  return caSecretName;
}

/** What connects to the old servers of a migration needs. */
export function oldServerFiles({ caSecretName, clientSecretName: client }: OldServerTls): SecretFiles {
  return together(
    caFiles(caSecretName, 'tls-old-ca', OLD_CA_DIRECTORY),
    ...(client === undefined
      ? []
      : [secretFiles('tls-old', OLD_CERTIFICATE_DIRECTORY, client, ['tls.crt', 'tls.key'])]),
  );
}

/** What connects to the proxies needs. */
export function proxyFiles(tls: ClientTls): SecretFiles {
  const client = tls.clientSecretName;
  return together(
    caFiles(caSecretOf(tls), 'tls-proxy-ca', PROXY_CA_DIRECTORY),
    ...(client === undefined
      ? []
      : [secretFiles('tls-proxy', PROXY_CERTIFICATE_DIRECTORY, client, ['tls.crt', 'tls.key'])]),
  );
}

export function together(...all: readonly SecretFiles[]): SecretFiles {
  return { volumes: all.flatMap(({ volumes }) => volumes), mounts: all.flatMap(({ mounts }) => mounts) };
}

function secretFiles(volume: string, mountPath: string, name: string, keys: readonly string[]): SecretFiles {
  const sources = [{ secret: { name, items: keys.map((key) => ({ key, path: key })) } }];
  return {
    volumes: [{ name: volume, projected: { defaultMode: 0o440, sources } }],
    mounts: [{ name: volume, mountPath, readOnly: true }],
  };
}
