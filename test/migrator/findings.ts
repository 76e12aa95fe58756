// The findings of preflight on pairs of servers without other problems.

import { type MovePlan } from '../../lib/migration/plan';
import { ExitCode } from '../../migrator/program/outcome';
import { sync } from '../../migrator/commands/sync';
import { type Finding, preflight } from '../../migrator/commands/preflight';
import { type Lab } from '../lab/lab';
import { Pairs, type PairsProps, type Renamed } from './pairs';

/** Set, since the default differs between versions. */
const POLICY = ['maxmemory-policy', 'noeviction'];

export async function started(
  lab: Lab,
  { directives, newDirectives, ...props }: Partial<PairsProps> = {},
): Promise<Pairs> {
  return Pairs.start(lab, {
    servers: 1,
    directives: (ordinal) => [POLICY, ...(directives?.(ordinal) ?? [])],
    newDirectives: (ordinal) => [POLICY, ...(newDirectives?.(ordinal) ?? [])],
    ...props,
  });
}

export interface Found {
  readonly findings: Finding[];
  /** Severity and code of each. */
  readonly codes: string[];
  readonly exits: ExitCode[];
  readonly messages: string[];
}

export async function find(
  pairs: Pairs,
  plan: Partial<MovePlan> & Renamed = {},
  acceptVolatileFence = false,
  acceptRenamedWrites = false,
): Promise<Found> {
  const options = { sampleKeys: 200, acceptVolatileFence, acceptRenamedWrites };
  const { findings, outcomes } = await preflight(pairs.contextOf(plan), options);
  return {
    findings,
    codes: findings.map(({ severity, code }) => `${severity} ${code}`),
    exits: outcomes.map(({ code }) => code),
    messages: outcomes.map(({ message }) => message),
  };
}

/** Synchronizes the only shard until it is refused, and returns the message. */
export async function syncRefusal(pairs: Pairs): Promise<string> {
  const [refused] = await sync(pairs.contextOf(), { concurrency: 1, perSourceHost: 1, patienceMs: 100_000 });
  expect(refused).toMatchObject({ code: ExitCode.REFUSED });
  expect(await pairs.new(0).info('replication')).toMatch(/master_host:127.0.0.1\r\nmaster_port:1\r\n/);
  return refused.message;
}
