// Runs cells of the matrix as tests, one after the other on one fleet.

import { type Side, SIDES } from '../../lib/failover/replica-plan';
import { describe as inWords, type Operation } from '../lab/history';
import { type LabFleetProps } from '../lab/fleet';
import { until } from '../lab/lab';
import { type Load, type LoadReport } from '../lab/load';
import { RouteObserver } from '../lab/route-observer';
import { type Cell, hitsProxy, isReplaced, mayNeedDecision, mostChanges, titleOf } from './cells';
import { MatrixFleet } from './fleet';
import { Incident, type Period } from './incident';
import { MOMENTS } from './moments';

const within = (periods: readonly Period[], { start, end }: Pick<Operation, 'start' | 'end'>): boolean =>
  periods.some(({ from, to }) => end > from && start < to);

/** Each cell is a test. After a failure, the next one gets a new fleet. */
export function runCells(cells: readonly Cell[], props: Partial<LabFleetProps> = {}): void {
  let matrix: MatrixFleet | undefined;
  afterAll(() => matrix?.close());
  test.each(cells.map((cell) => [titleOf(cell), cell] as const))('%s', async (_, cell) => {
    matrix ??= await MatrixFleet.start(props);
    try {
      await runCell(matrix, cell);
    } catch (error) {
      await matrix.close();
      matrix = undefined;
      throw error;
    }
  });
}

/** What the clients saw of a cell. */
interface Findings {
  readonly before: Side;
  readonly after: Side;
  /** What no register allows, apart from the losses of the incident. */
  readonly violations: readonly string[];
  /** How often the master changed for the clients. */
  readonly changes: number;
  readonly report: LoadReport;
}

async function runCell(matrix: MatrixFleet, cell: Cell): Promise<void> {
  const { before, after, violations, changes, report } = await observe(matrix, cell);
  try {
    expect(violations).toEqual([]);
    expect(changes).toBeLessThanOrEqual(mostChanges(cell));
    expect(report.acknowledgedWrites).toBeGreaterThan(0);
    if (!hitsProxy(cell)) expect([report.errorsPerShard[1], report.errors]).toEqual([0, expect.anything()]);
    const replaced = isReplaced(cell);
    if (replaced !== undefined) expect(after !== before).toBe(replaced);
  } catch (error) {
    process.stderr.write(`${titleOf(cell)}:\n${matrix.logs()}\n`);
    throw error;
  }
}

/** Runs a cell, and waits until the fleet has recovered. */
export async function observe(matrix: MatrixFleet, cell: Cell): Promise<Findings> {
  const { fleet } = matrix;
  const before = await matrix.untilReady();
  const load = await fleet.load({ clients: 8, operationsPerSecond: 1000 });
  const routes = new RouteObserver(
    fleet.proxies.map(({ ports }) => ports.bridge[0]),
    fleet.fleet.password,
  );
  try {
    await until('the load runs', () => load.acknowledgedWrites > 500);
    const incident = new Incident(matrix, cell, before);
    await MOMENTS[cell.moment](incident);
    const after = mayNeedDecision(cell) ? await decided(incident) : await matrix.untilReady();
    await routes.end();
    const report = await load.stop();
    process.stderr.write(`${titleOf(cell)}: ${before} -> ${after}; ${measured(incident, load, report, routes)}\n`);
    const changes = routes.changes((it) => within(incident.mayBeStale, it));
    return { before, after, violations: violationsOf(incident, load), changes, report };
  } catch (error) {
    process.stderr.write(`${titleOf(cell)}:\n${matrix.logs()}\n`);
    throw error;
  } finally {
    await routes.end();
    await load.end();
  }
}

/** What no register allows, apart from the losses of the incident. */
function violationsOf({ it: { fleet }, mayBeUndone, mayBeStale }: Incident, { history }: Load): string[] {
  const hit = (periods: readonly Period[], operation: Operation): boolean =>
    fleet.fleet.ordinalOf(operation.key) === 0 && within(periods, operation);
  const judged = history.forgiving(
    (it) => hit(mayBeUndone, it),
    (it) => hit(mayBeStale, it),
  );
  return judged.violations().map(inWords);
}

/** Waits until the shard has recovered; if it does not, accepts the loss of what only a lost disk had. */
async function decided(incident: Incident): Promise<Side> {
  const { it } = incident;
  const recovered = await it.untilReady(30_000).catch(() => undefined);
  if (recovered !== undefined) return recovered;
  const from = incident.began;
  let output = '';
  await until(
    'a person has accepted the loss',
    async () => {
      for (const to of SIDES) {
        const program = it.start(['failover', '--shards', '0', '--to', to, '--accept-data-loss']);
        const code = await program.exit();
        output += program.output;
        if (code === 0) return true;
      }
      return false;
    },
    90_000,
  ).catch((error: unknown) => {
    throw new Error(output, { cause: error });
  });
  incident.mayBeUndone.push({ from: from - 10_000, to: performance.now() });
  process.stderr.write(output);
  return it.untilReady();
}

function measured(incident: Incident, load: Load, report: LoadReport, routes: RouteObserver): string {
  const { it, began, mayBeUndone, firstMaster } = incident;
  const { fleet, proxies } = it.fleet;
  const port = String(fleet.portOf(0, firstMaster));
  const last = Math.max(...proxies.map(({ ports }) => routes.lastAnswer(port, ports.bridge[0]) ?? 0));
  const doubtful = load.history.count(
    (operation) =>
      operation.kind === 'write' &&
      operation.ok &&
      fleet.ordinalOf(operation.key) === 0 &&
      within(mayBeUndone, operation),
  );
  return [
    `gaps ${report.gaps.map(Math.round).join('/')} ms`,
    `${report.lost.length} of ${report.keys} keys lost writes, of ${doubtful} that may be lost`,
    `the first master last answered ${Math.round(last - began)} ms after the fault`,
    `${routes.changes()} changes`,
    `errors ${report.errorsPerShard.join('/')}`,
  ].join(', ');
}
