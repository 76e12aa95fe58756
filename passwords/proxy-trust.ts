// TLS of the proxies. The plan says whether they have it and by which name, and the command line with which files.

import { type PasswordPlan } from '../lib/passwords/password-plan';
import { type Given } from '../migrator/program/command-line';
import { certificateOf } from '../migrator/program/key-pair';
import { UsageError } from '../migrator/program/usage-error';
import { trusting } from '../migrator/redis/tls';
import { type ProxyTrust } from './servers/proxies';

/** Undefined if the proxies have no TLS. Throws a UsageError if the options are not those for the plan: no password goes without TLS by mistake. */
export function proxyTrust({ proxyTls }: PasswordPlan, given: Given): ProxyTrust | undefined {
  const ca = given['proxy-tls-ca'];
  const certificate = certificateOf(given, 'proxy');
  if (proxyTls === undefined) {
    if (ca === undefined && certificate === undefined) return undefined;
    throw new UsageError(
      '--proxy-tls-ca: the plan says that the proxies have no TLS; give the plan of this synth, or omit the option',
    );
  }
  if (typeof ca !== 'string')
    throw new UsageError('the plan says that the proxies have TLS; give their authorities with --proxy-tls-ca');
  try {
    return trusting(ca, { name: proxyTls.serverName, certificate });
  } catch (error) {
    throw new UsageError(`--proxy-tls-ca: ${(error as Error).message}; give files with certificates and a key in PEM`);
  }
}
