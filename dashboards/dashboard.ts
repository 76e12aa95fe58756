// The dashboard of a fleet for Grafana. `npm run build` writes it as JSON; a synth replaces the fleet in it, and removes the panels
// of what the fleet does not have.

/* eslint-disable @typescript-eslint/no-deprecated -- the newer format of dashboards needs Grafana 12 */
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { backups } from './backups';
import { FLEET, type Need, OF_FLEET, type Part } from './panels';
import { move, proxies } from './proxies';
import { oneShard, overview } from './shards';

export interface FleetDashboard {
  readonly dashboard: Dashboard;
  /** What the fleet must have for each panel, by its number. */
  readonly needs: Readonly<Record<number, Need>>;
}

/** What a row shows, and its panels. */
type Row = readonly [title: string, parts: readonly Part[], need?: Need];

const ROWS: readonly Row[] = [
  ['Shards', overview()],
  ['Shard $shard', oneShard()],
  ['Proxies', proxies()],
  ['Move', move(), 'moving'],
  ['Backups', backups(), 'backup'],
];

export function fleetDashboard(): FleetDashboard {
  const builder = new DashboardBuilder(`Redis fleet ${FLEET}`)
    .uid('@UID@')
    .tags(['redis', 'twemproxy'])
    .readonly()
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(
      new QueryVariableBuilder('shard')
        .label('Shard')
        .datasource({ type: 'prometheus', uid: '${datasource}' })
        .query(`label_values(redis_up{${OF_FLEET}}, shard)`)
        .refresh(VariableRefresh.OnDashboardLoad)
        .sort(VariableSort.NumericalAsc),
    );
  for (const [title, parts] of ROWS) {
    builder.withRow(new RowBuilder(title));
    for (const { panel } of parts) builder.withPanel(panel);
  }
  const dashboard = builder.build();
  const needs = ROWS.flatMap(([, parts, need]) => [need, ...parts.map((part) => part.need ?? need)]);
  return {
    dashboard: { ...dashboard, panels: dashboard.panels?.map((panel, i) => ({ ...panel, id: i + 1 })) },
    needs: Object.fromEntries(needs.flatMap((need, i) => (need === undefined ? [] : [[i + 1, need]]))),
  };
}
