// The kinds of panels of the dashboard, with their queries.

import {
  BigValueColorMode,
  ReduceDataOptionsBuilder,
  TableSortByFieldStateBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { type Builder, type Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  MappingType,
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMap,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatPanel } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimelinePanel } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TablePanel } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeriesPanel } from '@grafana/grafana-foundation-sdk/timeseries';

/** What a fleet must have for a panel to be of use. */
export type Need = 'replicas' | 'bridge' | 'moving' | 'backup';

/** A panel, or a row of panels, and what it needs. */
export interface Part {
  readonly panel: Builder<Panel>;
  readonly need?: Need;
}

/** The synth replaces it with the fleet. */
export const FLEET = '@FLEET@';

/** And this one with the CronJob of its backups. */
export const BACKUP = '@BACKUP@';

/** The labels of every metric of the fleet, and of the selected shard. */
export const OF_FLEET = `fleet="${FLEET}"`;
export const OF_SHARD = `${OF_FLEET},shard="$shard"`;

/** A metric of the Jobs that run. */
export const ofJob = (name: string, labels = OF_FLEET): string => `cdk8s_twemproxy_job_${name}{${labels}}`;

/** Every panel asks the data source that is selected at the top. */
const DATA_SOURCE = { type: 'prometheus', uid: '${datasource}' };

/** The columns of a row of a dashboard are 24. */
const HEIGHT = 8;

/** A query, and how its series are called. */
export type Query = readonly [expr: string, legend: string];

interface Look {
  /** Of Grafana: `bytes`, `percentunit`, `ops`, `s`. */
  readonly unit?: string;
  readonly description: string;
  /** Of 24 columns. */
  readonly width?: number;
  readonly max?: number;
  readonly need?: Need;
}

export function timeSeries(title: string, look: Look, ...queries: Query[]): Part {
  const { unit = 'short', description, width = 8, max, need } = look;
  const panel = new TimeSeriesPanel().title(title).description(description).unit(unit).min(0).span(width);
  if (max !== undefined) panel.max(max);
  return { panel: withQueries(panel.height(HEIGHT).datasource(DATA_SOURCE), queries), need };
}

/** A number; it is red from `bad` on. */
export function stat(title: string, look: Look & { readonly bad?: number }, expr: string): Part {
  const { unit = 'short', description, width = 4, bad, need } = look;
  const steps = [{ value: null, color: 'green' }, ...(bad === undefined ? [] : [{ value: bad, color: 'red' }])];
  const panel = new StatPanel()
    .title(title)
    .description(description)
    .unit(unit)
    .span(width)
    .height(4)
    .colorMode(BigValueColorMode.Value)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps));
  return { panel: withQueries(panel.datasource(DATA_SOURCE), [[expr, title]]), need };
}

/** A bar for each series, colored by its value at each time. */
export function timeline(title: string, look: Look, states: ValueMap['options'], ...queries: Query[]): Part {
  const { description, width = 24, need } = look;
  const panel = new TimelinePanel()
    .title(title)
    .description(description)
    .span(width)
    .height(HEIGHT)
    .mappings([{ type: MappingType.ValueToText, options: states }]);
  return { panel: withQueries(panel.datasource(DATA_SOURCE), queries), need };
}

/** A column of a table: its query returns one series for each shard. */
export interface Column {
  readonly name: string;
  readonly expr: string;
  readonly unit?: string;
}

/** A row for each shard, the highest value of the first column first. */
export function shardTable(title: string, { description, need }: Look, columns: readonly Column[]): Part {
  const valueOf = (i: number): string => `Value #${refIdOf(i)}`;
  const panel = new TablePanel()
    .title(title)
    .description(description)
    .span(24)
    .height(12)
    .datasource(DATA_SOURCE)
    .sortBy([new TableSortByFieldStateBuilder().displayName(columns[0].name).desc(true)])
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        renameByName: Object.fromEntries(columns.map(({ name }, i) => [valueOf(i), name])),
      },
    });
  for (const { name, unit } of columns) if (unit) panel.overrideByName(name, [{ id: 'unit', value: unit }]);
  columns.forEach(({ expr }, i) => panel.withTarget(query([expr, ''], i).instant().format(PromQueryFormat.Table)));
  return { panel, need };
}

interface Queried {
  withTarget(target: Builder<Dataquery>): this;
}

function withQueries<P extends Queried>(panel: P, queries: readonly Query[]): P {
  queries.forEach((it, i) => panel.withTarget(query(it, i)));
  return panel;
}

function query([expr, legend]: Query, i: number): DataqueryBuilder {
  return new DataqueryBuilder().expr(expr).legendFormat(legend).refId(refIdOf(i)).datasource(DATA_SOURCE);
}

/** A, B, C… */
function refIdOf(i: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + i);
}
