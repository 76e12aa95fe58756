// TLS of a fleet: what it needs, and whether the proxies need a bridge for it.

import { type Construct } from 'constructs';
import { type FleetChartsProps } from '../fleet-charts-props';
import { usesTls } from '../redis/server-ports';
import { checkProxyTls } from '../tls/tls-checks';

/** Refuses TLS where some part of the fleet would connect without it. */
export function checkFleetTls(scope: Construct, props: FleetChartsProps): void {
  const { clientTls } = props.proxies;
  if (clientTls && clientTls.plainPorts !== true && props.password?.secondKey !== undefined)
    checkProxyTls(scope, clientTls);
}

/** Whether the proxies of a fleet without replicas, and without a migration, have a bridge: nutcracker has no TLS. */
export function hasShardBridge({ tls, proxies, redis }: FleetChartsProps): boolean {
  return redis?.replicas !== 1 && (usesTls(tls) || proxies.clientTls !== undefined);
}
