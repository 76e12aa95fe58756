// report FILE: one page to look at, with everything that is known of a configuration and its move.

import { Distribution } from '../../lib/nutcracker';
import { type Verdict } from '../input/verdict';
import { type ConfigFile, type Input } from '../input/pools';
import { type DrawPage, type ReportData } from '../input/report-data';
import { plansByPool, shardsOf, statusByPool } from '../input/matching-pool';
import { readPlans } from '../input/plan-file';
import { readStatus } from '../input/status-file';

/** The files that are given beside the configuration. */
export interface ReportSources {
  readonly plan: readonly string[];
  readonly status: readonly string[];
}

/** In a file of its own beside the program, since what draws is larger than all the rest. */
const PAGE = './page/page.js';

/** The page, as HTML; throws if a plan or a status cannot be used. */
export async function report(
  verdict: Verdict,
  config: ConfigFile,
  sources: ReportSources,
  input: Input,
): Promise<string> {
  const facts = await gather(verdict, config, sources, input);
  const { drawPage } = (await import(PAGE)) as { readonly drawPage: DrawPage };
  return drawPage(facts);
}

/** What the page is to show. */
export async function gather(
  { warnings, notes }: Verdict,
  config: ConfigFile,
  sources: ReportSources,
  input: Input,
): Promise<ReportData> {
  const plans = plansByPool(config, await Promise.all(sources.plan.map((file) => readPlans(file, input))));
  const given = await Promise.all(sources.status.map((file) => readStatus(file, input)));
  const statuses = statusByPool(config, given, plans);
  return {
    file: config.name,
    pools: config.pools.map((pool) => ({
      pool,
      ring: pool.distribution === Distribution.RANDOM ? undefined : config.ring(pool),
      warnings: warnings.filter((warning) => warning.pool === pool.name),
      notes: notes.filter((note) => note.pool === pool.name),
      shards: shardsOf(config, pool, plans.get(pool)),
      plan: plans.get(pool),
      status: statuses.get(pool),
    })),
  };
}
