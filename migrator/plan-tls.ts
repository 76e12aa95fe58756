// TLS of the servers of a plan. The plan says which servers have it, and the command line with which files.

import { type MovePlan } from '../lib/migration/plan';
import { type Given } from './program/command-line';
import { certificateOf } from './program/key-pair';
import { UsageError } from './program/usage-error';
import { connectWithoutTls, trustAuthoritiesIn } from './redis/tls';

/**
 * From now on, connections to the old servers use TLS if the plan says so, and otherwise do not. Throws a UsageError if the options are not those for the plan:
 * no connection may be without TLS by mistake. (`--tls-ca`, for all others, is in use already.)
 */
export function trustOldServers({ tls, shards }: MovePlan, given: Given): void {
  const { new: newHasTls = false, old: oldHasTls = false, oldName: name } = tls ?? {};
  checkedFile('--tls-ca', given['tls-ca'], newHasTls, 'new');
  const ca = checkedFile('--old-tls-ca', given['old-tls-ca'], oldHasTls, 'old');
  const certificate = certificateOf(given, 'old');
  const addresses = shards.map(({ old }) => old);
  if (ca === undefined) {
    connectWithoutTls(addresses);
    return;
  }
  try {
    trustAuthoritiesIn(ca, { addresses, name, certificate });
  } catch (error) {
    throw new UsageError(`--old-tls-ca: ${(error as Error).message}; give files with certificates and a key in PEM`);
  }
}

function checkedFile(option: string, file: Given[string], hasTls: boolean, side: 'old' | 'new'): string | undefined {
  if (hasTls === (file !== undefined)) return file as string | undefined;
  throw new UsageError(
    hasTls
      ? `the plan says that the ${side} servers have TLS; give their authorities with ${option}`
      : `${option}: the plan says that the ${side} servers have no TLS; give the plan of this synth, or omit the option`,
  );
}
