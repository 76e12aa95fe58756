// Checks of the options of TLS.

import { type Construct } from 'constructs';
import { checkPort, checkSubdomain, refuse } from '../common/prop-errors';
import { type ClientTls, type ShardTls } from './tls-options';

/** Refuses names that are no Secrets, and a TLS port that is taken. */
export function checkShardTls(scope: Construct, tls: ShardTls | undefined, port: number, tlsPort: number): void {
  if (tls === undefined) return;
  checkSubdomain(scope, 'tls.secretName', tls.secretName);
  checkSubdomain(scope, 'tls.caSecretName', tls.caSecretName ?? tls.secretName);
  checkPort(scope, 'tls.port', tlsPort);
  if (tlsPort === port) refuse(scope, `tls.port is ${tlsPort}, which is also port; choose another one`);
}

export function checkClientTls(scope: Construct, tls: ClientTls | undefined): void {
  if (tls === undefined) return;
  checkSubdomain(scope, 'clientTls.secretName', tls.secretName);
  checkSubdomain(scope, 'clientTls.clientCaSecretName', tls.clientCaSecretName ?? tls.secretName);
}
