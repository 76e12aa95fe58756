// The certificate that a program shows to servers that require one, and its key: two options that belong together.

import { type ClientCertificate } from '../redis/tls';
import { type Given } from './command-line';
import { UsageError } from './usage-error';

/** That of the options for the old servers or the proxies; undefined without them. Throws a UsageError if one of both is missing. */
export function certificateOf(given: Given, whose: 'old' | 'proxy'): ClientCertificate | undefined {
  const options = [`${whose}-tls-cert`, `${whose}-tls-key`];
  const [cert, key] = options.map((option) => given[option]) as (string | undefined)[];
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (cert === key) return undefined;
  throw new UsageError(`--${options[0]} and --${options[1]} belong together; give both, or none`);
}
