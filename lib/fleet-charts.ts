// A fleet as charts, one for each step of its deployment; the file names give the order.

import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { ApiObject, App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { checkProps } from './common/check-props';
import { checkFleet, checkLegacyPorts } from './fleet/fleet-checks';
import { type FleetPools, fleetPools } from './fleet/fleet-pools';
import { type FleetChartsProps } from './fleet-charts-props';
import { type FleetBackup } from './fleet-backup';
import { type FleetFailover } from './fleet-failover';
import { FleetMetrics } from './fleet-metrics';
import { FleetMigration } from './fleet-migration';
import { type FleetPasswords } from './fleet-passwords';
import { type FleetReshard } from './fleet-reshard';
import { measuredProxies, shardOfServer } from './fleet/measured';
import { failoverBridge, shardBridge } from './fleet/bridges';
import { createNamespace } from './fleet/namespace';
import { claimObjects, claimOldServers, namespaceChart } from './fleet/neighbours';
import { backupOf, failoverOf, passwordsOf, reshardOf } from './fleet/operations';
import { checkChange } from './fleet/ring-change';
import { proveRings } from './fleet/prove-rings';
import { ringsOfProxies } from './fleet/rings-of-proxies';
import { clusterRunbookInput, reshardRunbookInput, runbookInput } from './fleet/runbook-data';
import { type SecretKey } from './common/secret-key';
import { type MetricsOptions } from './metrics/metrics-options';
import { MigrationPhase, type PhasedMigration } from './migration/migration-options';
import { runbook } from './migration/runbook';
import { STEPS } from './migration/steps';
import { ReshardPhase } from './reshard/reshard-options';
import { clusterRunbook } from './reshard/runbook/cluster-runbook';
import { reshardRunbook } from './reshard/runbook/runbook';
import { addressPeer, hostAndPort } from './network/egress';
import { type NetworkPeer } from './network-peer';
import { NetworkPolicies } from './network-policies';
import { RedisSentinels } from './redis-sentinels';
import { RedisStatefulSet } from './redis-stateful-set';
import { TwemproxyLayer } from './twemproxy-layer';
import { type BridgeOptions } from './twemproxy/bridge-options';
import { FailoverBridge } from './twemproxy/failover-bridge';

/**
 * A fleet as independent charts, named `<name>-<step>`: `00-namespace`, `10-network-policies`, `20-storage`, `30-redis`,
 * `40-twemproxy`; with replicas `25-sentinel`, and unless the fleet is being moved `42-failover`, `43-failover-program`,
 * `57-failover-status`, `85-switchover`, `95-failover`, and with `backup` `47-backup-program`, `48-backup`, `97-restore`; with a second key of the password, unless the fleet is being moved,
 * `47-passwords`, `48-passwords-program`, `58-passwords-status`, `86-passwords-apply`, `96-passwords-retire`; with metrics `44-metrics`; during a migration `45-plan`, `46-migrator`, `50-preflight`, `55-status`,
 * `60-sync`, `70-verify`, `80-cutover`, `90-rollback`. Empty charts are omitted. At synth, the ring of the proxies' configuration
 * is compared with the ring of each pool, through the bridge if there is one.
 */
export class FleetCharts extends Construct {
  /** The shards. */
  readonly redis: RedisStatefulSet;
  /** The Sentinels, if the shards have replicas. */
  readonly sentinels?: RedisSentinels;
  /** The proxies. */
  readonly proxies: TwemproxyLayer;
  /** The migration, in the phase MOVING. */
  readonly migration?: FleetMigration;
  /** The Jobs that show and change which server of a shard is the master: with replicas, after a migration or without one. */
  readonly failover?: FleetFailover;
  /** The backups, with the prop `backup`: after a migration or without one. */
  readonly backup?: FleetBackup;
  /** The Jobs that change the password: with a second key, after a migration or without one. */
  readonly passwords?: FleetPasswords;
  /** The Jobs that change the ring, with the prop `reshard`, until the phase STABLE. */
  readonly reshard?: FleetReshard;
  /** The metrics, with the prop `metrics`. */
  readonly metrics?: FleetMetrics;
  /** The network policies. */
  readonly networkPolicies: NetworkPolicies;

  private readonly props: FleetChartsProps;
  private readonly pools: FleetPools;
  private readonly password?: SecretKey;
  /** The charts by step. */
  private charts: [string, Chart][] = [];

  constructor(scope: Construct, id: string, props: FleetChartsProps) {
    super(scope, id);
    checkProps(this, 'FleetChartsProps', props);
    this.props = props;
    const { name = id, namespace, clusterDomain } = props;
    checkFleet(this, name, props);
    this.pools = fleetPools(this, props);
    const { live, served, count, change } = this.pools;
    const password = props.password ?? (live[0].redisAuth === undefined ? undefined : { name: `${name}-redis` });
    this.password = password;
    if (change) checkChange(this, change, password);
    const isChanging = change !== undefined && change.phase !== ReshardPhase.STABLE;

    const chart = (step: string): Chart => this.addChart(scope, `${name}-${step}`, step);
    if (namespace !== undefined && (props.createNamespace ?? true)) {
      const made = namespaceChart(this, namespace, () => createNamespace(scope, `${name}-00-namespace`, namespace));
      this.charts.push(['00-namespace', made]);
    }
    const network = chart('10-network-policies');
    const storage = chart('20-storage');
    this.redis = new RedisStatefulSet(chart('30-redis'), 'redis', {
      ...props.redis,
      // The same in every phase: a change of the phase must not restart the shards.
      ...(props.migration && {
        startAsReplica: true,
        oldUser: props.migration.oldUser,
        oldTls: props.migration.oldTls,
      }),
      migratorUser: props.reshard !== undefined,
      name: props.redisName ?? `${name}-redis`,
      shardName: props.shardName ?? `${name}-shard`,
      partOf: name,
      shards: count,
      storage: props.storage,
      storageScope: storage,
      password,
      clusterDomain,
      tls: props.tls,
      replicaPort: props.replicaPort,
      replicaStorage: props.replicaStorage,
      sentinelName: `${name}-sentinel`,
    });
    const isMoving = props.migration?.phase === MigrationPhase.MOVING;
    this.sentinels =
      props.redis?.replicas === 1
        ? new RedisSentinels(chart('25-sentinel'), 'sentinels', {
            ...props.sentinels,
            redis: this.redis,
            password,
            // A migration changes the roles itself.
            monitor: !isMoving,
            storageScope: storage,
            partOf: name,
          })
        : undefined;
    if (!storage.node.findAll().some((node) => ApiObject.isApiObject(node))) {
      scope.node.tryRemoveChild(storage.node.id);
      this.charts = this.charts.filter(([, made]) => made !== storage);
    }
    checkLegacyPorts(this, props, this.pools.shards.addresses, this.redis);
    if (props.migration) claimOldServers(this, this.pools.shards.addresses, this.redis);
    const proxies = chart('40-twemproxy');
    this.migration = props.migration && this.addMigration(props.migration, name, chart);
    const parts = { name, redis: this.redis, password, pools: this.pools, chart, storage };
    this.failover = this.sentinels && !isMoving ? failoverOf(props, parts) : undefined;
    const failover = failoverBridge(this.redis, password, this.bridgeOptions(props.bridge));
    this.proxies = new TwemproxyLayer(proxies, 'twemproxy', {
      ...props.proxies,
      ...(props.metrics && measuredProxies(props.proxies, served)),
      bridge:
        this.migration?.bridge ??
        (failover && new FailoverBridge(failover)) ??
        shardBridge(props, this.redis, password, this.bridgeOptions(props.bridge)),
      ...(change &&
        password &&
        ringsOfProxies(change, this.redis, password, failover, this.bridgeOptions(change.options.bridge))),
      name: props.proxiesName ?? `${name}-twemproxy`,
      partOf: name,
      pools: served.map(({ pool, ordinals, port }) => {
        return { pool, addresses: ordinals.map((ordinal) => this.redis.addresses[ordinal]), password, port };
      }),
    });
    this.passwords =
      password?.secondKey !== undefined && !isMoving && !isChanging
        ? passwordsOf(props, password, this.proxies, parts)
        : undefined;
    this.backup = props.backup && !isMoving && !isChanging ? backupOf(props, props.backup, parts) : undefined;
    this.reshard = change && isChanging && password ? reshardOf(change, password, parts) : undefined;
    this.metrics = props.metrics && this.addMetrics(props.metrics, name, chart('44-metrics'));
    this.networkPolicies = this.addNetworkPolicies(network, props);
    proveRings(props, this.pools, this.redis, this.proxies);
    const own = this.charts.filter(([step]) => step !== '00-namespace').map(([, made]) => made);
    claimObjects(this, own, this.statefulSets());
  }

  /**
   * Writes `<name>.RUNBOOK.md` beside the manifests: the remaining steps of the migration, or of the change of the ring. Call it after
   * `app.synth()`, so that it refers only to manifests that exist. Without either, it writes none, and removes that of an earlier synth.
   *
   * @param source the file that the runbook names as the place of these props, such as `fleets/unit-1/fleet.ts`
   */
  writeRunbook(source = 'main.ts'): void {
    const { name = this.node.id } = this.props;
    const file = path.join(App.of(this).outdir, `${name}.RUNBOOK.md`);
    const text = this.runbookText(name, source);
    if (text === undefined) fs.rmSync(file, { force: true });
    else fs.writeFileSync(file, text);
  }

  private runbookText(fleet: string, source: string): string | undefined {
    const { migration, namespace } = this.props;
    const { redis, proxies, failover, reshard, pools, password, charts } = this;
    const { change } = pools;
    if (change) {
      const names = { fleet, source, move: `${fleet}-reshard`, namespace };
      const changed = { redis, proxies, failover, reshard, charts };
      return change.cluster
        ? clusterRunbook(clusterRunbookInput(this, changed, change, change.cluster, names))
        : reshardRunbook(reshardRunbookInput(this, changed, change, names));
    }
    if (migration === undefined) return undefined;
    const parts = { redis, proxies, failover, pools, password, charts, migration: this.migration };
    return runbook(runbookInput(this, parts, { ...migration, fleet, source, move: migrationName(fleet), namespace }));
  }

  /** A chart beside this construct, not below it: cdk8s adds a hash to the file names of nested charts. */
  private addChart(scope: Construct, id: string, step: string): Chart {
    const chart = new Chart(scope, id, { namespace: this.props.namespace });
    this.charts.push([step, chart]);
    return chart;
  }

  private addMigration(
    { phase, ...options }: PhasedMigration,
    name: string,
    chart: (step: string) => Chart,
  ): FleetMigration | undefined {
    if (phase !== MigrationPhase.MOVING) return undefined;
    const { redis, password } = this;
    const plan = chart('45-plan');
    const scopes: Record<string, Chart> = {};
    if (options.programInImage !== true) scopes.migrator = chart('46-migrator');
    for (const step of STEPS) scopes[step.name] = chart(`${step.number}-${step.name}`);
    const pools = [...this.pools.live];
    const bridge = this.bridgeOptions(options.bridge);
    return new FleetMigration(plan, 'migration', {
      ...options,
      bridge,
      name: migrationName(name),
      partOf: name,
      pools,
      redis,
      password,
      metrics: this.props.metrics !== undefined,
      scopes,
    });
  }

  private addNetworkPolicies(chart: Chart, props: FleetChartsProps): NetworkPolicies {
    return new NetworkPolicies(chart, 'network-policies', {
      redis: this.redis,
      sentinels: this.sentinels,
      proxies: [this.proxies],
      migration: this.migration,
      failover: this.failover,
      backup: this.backup,
      passwords: this.passwords,
      reshard: this.reshard,
      metrics: this.metrics,
      proxyClients: props.proxyClients,
      redisClients: [...(props.redisClients ?? []), ...this.legacyReplicas()],
      statsClients: props.statsClients,
      limitEgress: props.limitEgress,
      oldServerNetworks: props.oldServerNetworks,
      egressPeers: props.egressPeers,
    });
  }

  private addMetrics(options: MetricsOptions, name: string, chart: Chart): FleetMetrics {
    const { redis, proxies, password, pools } = this;
    return new FleetMetrics(chart, 'metrics', {
      ...options,
      name: `${name}-metrics`,
      fleet: name,
      redis,
      proxies,
      password,
      shardOfServer: shardOfServer(pools.served),
      moving: this.migration !== undefined,
      backup: this.backup,
      passwords: this.passwords,
      jobSelector: (this.migration ?? this.failover)?.podSelector,
      clusterDomain: this.props.clusterDomain,
    });
  }

  /** With metrics, the bridge has some as well. */
  private bridgeOptions(options?: BridgeOptions): BridgeOptions | undefined {
    return this.props.metrics ? { metrics: true, ...options } : options;
  }

  /** The StatefulSets, whose pods have directories with their names on a shared volume. */
  private statefulSets(): string[] {
    const { redis, sentinels } = this;
    const all = [redis.statefulSet, redis.replicaStatefulSet, sentinels?.statefulSet];
    return all.flatMap((it) => (it === undefined ? [] : [it.name]));
  }

  /** The old servers that will replicate from their shards and are listed by IP address. */
  private legacyReplicas(): NetworkPeer[] {
    if (!this.props.migration?.keepLegacyInSync) return [];
    const hosts = this.pools.shards.addresses.map((address) => hostAndPort(address).host);
    return [...new Set(hosts)].filter((host) => net.isIP(host) !== 0).map(addressPeer);
  }
}

/** The name of a fleet's migration, and the prefix of its object names. */
function migrationName(name: string): string {
  return `${name}-move`;
}
