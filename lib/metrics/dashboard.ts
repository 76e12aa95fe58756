// The dashboard of a fleet for Grafana, from the one that `npm run build` writes (dashboards/).

import * as fs from 'node:fs';
import { type Construct } from 'constructs';
import { contentHash } from '../common/hashed-config-map';
import { builtFile } from '../jobs/program-bundle';
import { type AlertedFleet } from './alerts';

/** The directory and the file in the build. */
const DASHBOARDS = { name: 'dashboards' };
const FILE = 'fleet.json';

/** The label by which the sidecar of Grafana's Helm chart finds dashboards. */
export const DASHBOARD_LABEL = { grafana_dashboard: '1' };

interface Built {
  readonly dashboard: { readonly panels: readonly { readonly id: number }[] };
  /** By the number of a panel. */
  readonly needs: Readonly<Record<string, 'replicas' | 'bridge' | 'moving' | 'backup'>>;
}

/** The dashboard with the panels of what the fleet has. */
export function dashboardFile(
  scope: Construct,
  { fleet, namespace = '', isMoving, hasReplicas, hasBridge, backup }: AlertedFleet,
): string {
  const { dashboard, needs } = JSON.parse(fs.readFileSync(builtFile(scope, DASHBOARDS, FILE), 'utf8')) as Built;
  const has = { replicas: hasReplicas, bridge: hasBridge, moving: isMoving, backup: backup !== undefined };
  const panels = dashboard.panels.filter(({ id }) => !(id in needs) || has[needs[id]]);
  // Grafana takes 40 characters, and a name may be longer.
  const uid = `cdk8s-twemproxy-${contentHash({ fleet, namespace })}`;
  const text = JSON.stringify({ ...dashboard, panels }, undefined, 1);
  const names = { '@UID@': uid, '@FLEET@': fleet, '@BACKUP@': backup?.cronJob ?? '' };
  return `${Object.entries(names).reduce((it, [placeholder, name]) => it.replaceAll(placeholder, name), text)}\n`;
}
