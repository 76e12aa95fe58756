// TLS of a fleet: what it cannot be combined with yet, and whether the proxies need a bridge for it.

import { type Construct } from 'constructs';
import { refuse } from '../common/prop-errors';
import { type FleetChartsProps } from '../fleet-charts-props';
import { PLAIN_OLD_SERVERS } from '../migration/migration-checks';
import { MigrationPhase } from '../migration/migration-options';
import { usesTls } from '../redis/server-ports';
import { checkProxyTls } from '../tls/tls-checks';

/** Refuses TLS where some part of the fleet would connect without it. */
export function checkFleetTls(scope: Construct, props: FleetChartsProps): void {
  const { clientTls } = props.proxies;
  if (clientTls && clientTls.plainPorts !== true && props.password?.secondKey !== undefined)
    checkProxyTls(scope, clientTls);
  const { tls, migration } = props;
  if (tls === undefined) return;
  if (migration?.phase === MigrationPhase.MOVING && migration.oldTls === undefined) refuse(scope, PLAIN_OLD_SERVERS);
  if (props.redis?.replicas === 1 && (migration?.phase === MigrationPhase.MOVING || migration?.oldTls !== undefined)) {
    const why =
      'servers with a partner replicate by the port that the Sentinels name, and so not from old servers with TLS';
    refuse(
      scope,
      `tls is set together with redis.replicas and a migration from old servers with TLS, but ${why}; set redis.replicas after the migration, without migration.oldTls`,
    );
  }
  if (props.redis?.replicas === 1 && props.reshard)
    refuse(
      scope,
      'tls is set together with redis.replicas and reshard, whose bridge has no TLS yet; remove one of them',
    );
}

/** Whether the proxies of a fleet without replicas, and without a migration, have a bridge: nutcracker has no TLS. */
export function hasShardBridge({ tls, proxies, redis }: FleetChartsProps): boolean {
  return redis?.replicas !== 1 && (usesTls(tls) || proxies.clientTls !== undefined);
}
