// Checks of the options of TLS.

import { type Construct } from 'constructs';
import { checkPort, checkSubdomain, refuse } from '../common/prop-errors';
import { caSecretOf } from './tls-files';
import { type ClientTls, type ClusterTls, type OldServerTls, type ShardTls } from './tls-options';

/** Refuses names that are no Secrets, and a TLS port that is taken. */
export function checkShardTls(
  scope: Construct,
  tls: ClusterTls | ShardTls | undefined,
  port: number,
  tlsPort: number,
): void {
  if (tls === undefined) return;
  checkSubdomain(scope, 'tls.secretName', tls.secretName);
  checkSubdomain(scope, 'tls.caSecretName', caSecretOf(tls));
  checkPort(scope, 'tls.port', tlsPort);
  if (tlsPort === port) refuse(scope, `tls.port is ${tlsPort}, which is also port; choose another one`);
}

/** Refuses names that are no Secrets, and a name of the old servers that no certificate has. */
export function checkOldTls(scope: Construct, tls: OldServerTls | undefined): void {
  if (tls === undefined) return;
  checkSubdomain(scope, 'oldTls.caSecretName', tls.caSecretName);
  checkSubdomain(scope, 'oldTls.clientSecretName', tls.clientSecretName ?? tls.caSecretName);
  checkSubdomain(scope, 'oldTls.serverName', tls.serverName ?? tls.caSecretName);
}

/** Whether both are the same TLS. */
export function isSameOldTls(a: OldServerTls | undefined, b: OldServerTls | undefined): boolean {
  const key = (tls?: OldServerTls): string =>
    JSON.stringify([tls?.caSecretName, tls?.clientSecretName, tls?.serverName]);
  return key(a) === key(b);
}

export function checkClientTls(scope: Construct, tls: ClientTls | undefined): void {
  if (tls === undefined) return;
  checkSubdomain(scope, 'clientTls.secretName', tls.secretName);
  for (const prop of ['clientCaSecretName', 'caSecretName', 'serverName', 'clientSecretName'] as const)
    checkSubdomain(scope, `clientTls.${prop}`, tls[prop] ?? tls.secretName);
}

/** Refuses TLS of proxies that Jobs could not connect to. */
export function checkProxyTls(scope: Construct, tls: ClientTls): void {
  if (tls.clientCaSecretName !== undefined && tls.clientSecretName === undefined)
    refuse(
      scope,
      'clientTls.clientCaSecretName is set, but the Jobs that change the password have no certificate for the proxies; set clientTls.clientSecretName',
    );
}
