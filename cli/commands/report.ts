// report FILE: an HTML page about a configuration and its migration.

import { Distribution } from '../../lib/nutcracker';
import { type Verdict } from '../input/verdict';
import { type ConfigFile, type Input } from '../input/pools';
import { type DrawPage, type ReportData } from '../input/report-data';
import { capacityByPool, readCapacity } from '../input/capacity-file';
import { failoverByPool, readFailoverStatus } from '../input/failover-status';
import { plansByPool, shardsOf, statusByPool } from '../input/matching-pool';
import { readPlans } from '../input/plan-file';
import { readStatus } from '../input/status-file';

/** The files given with --plan, --status, --failover-status and --capacity. */
export interface ReportSources {
  readonly plan: readonly string[];
  readonly status: readonly string[];
  readonly failoverStatus: readonly string[];
  readonly capacity: readonly string[];
}

/** A separate file, since the chart library is larger than the rest of the program. */
const PAGE = './page/page.js';

/** The page, as HTML; throws if a plan or a status cannot be used. */
export async function report(
  verdict: Verdict,
  config: ConfigFile,
  sources: ReportSources,
  input: Input,
): Promise<string> {
  const data = await reportData(verdict, config, sources, input);
  const { drawPage } = (await import(PAGE)) as { readonly drawPage: DrawPage };
  return drawPage(data);
}

/** The data of the page. */
export async function reportData(
  { warnings, notes }: Verdict,
  config: ConfigFile,
  sources: ReportSources,
  input: Input,
): Promise<ReportData> {
  const plans = plansByPool(config, await Promise.all(sources.plan.map((file) => readPlans(file, input))));
  const statusFiles = await Promise.all(sources.status.map((file) => readStatus(file, input)));
  const statuses = statusByPool(config, statusFiles, plans);
  const failoverFiles = await Promise.all(sources.failoverStatus.map((file) => readFailoverStatus(file, input)));
  const failovers = failoverByPool(config, failoverFiles, plans);
  const capacities = capacityByPool(
    config,
    await Promise.all(sources.capacity.map((file) => readCapacity(file, input))),
  );
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
      failover: failovers.get(pool),
      capacity: capacities.get(pool),
    })),
  };
}
