// A fleet as charts, one for each step of putting it up; the file names give the order.

import { ApiObject, Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkName, checkNamespace, refuse } from './common/checks';
import { FleetMigration } from './fleet-migration';
import { recommendedLabels } from './common/labels';
import { type SecretKey } from './common/secret-key';
import { MigrationPhase, type PhasedMigration } from './migration/migration-options';
import { STEPS } from './migration/steps';
import { NetworkPeer } from './network-peer';
import { NetworkPolicies } from './network-policies';
import { type NutcrackerPool } from './nutcracker';
import { RedisStatefulSet } from './redis-stateful-set';
import { type RedisOptions } from './redis/redis-options';
import { type IShardStorage } from './storage/i-shard-storage';
import { TwemproxyLayer } from './twemproxy-layer';
import { ringProblems, shardOrdinals } from './twemproxy/ring-proof';
import { type TwemproxyOptions } from './twemproxy/twemproxy-options';

/** Redis' own default of `databases`. */
const REDIS_DATABASES = 16;

/** What a StatefulSet's name may not have of the 63 characters of a label, and `-redis`. */
const REDIS_SUFFIX = 17;

/** A fleet: its ring, its storage, its shards and proxies, and who may come in. */
export interface FleetChartsProps {
  /**
   * The pool of the old fleet: its ring is kept, and each of its servers becomes a shard, in the order of the file. It is
   * what every synth is compared with, so never change its servers, their order, or its hash once the shards hold data:
   * what is to differ goes into `newPool`.
   */
  readonly pool: NutcrackerPool;

  /** Where the shards keep their data. */
  readonly storage: IShardStorage;

  /** The proxies: at least their image. */
  readonly proxies: TwemproxyOptions;

  /**
   * The shards.
   * @default - the defaults of RedisStatefulSet
   */
  readonly redis?: RedisOptions;

  /**
   * The beginning of every name.
   * @default - the construct's id
   */
  readonly name?: string;

  /**
   * The name of the StatefulSet, of its headless Service, and of the volume on an NFS export.
   * @default - `<name>-redis`
   */
  readonly redisName?: string;

  /**
   * Each shard has a Service `<shardName>-<ordinal>`.
   * @default - `<name>-shard`
   */
  readonly shardName?: string;

  /**
   * The name of the Deployment and of the Service of the proxies.
   * @default - `<name>-twemproxy`
   */
  readonly proxiesName?: string;

  /**
   * The namespace of everything; it is created, and labelled for Pod Security "restricted".
   * @default - none: everything goes where kubectl points
   */
  readonly namespace?: string;

  /**
   * Whether the namespace is created. Only one of several fleets in a namespace should do so.
   * @default true
   */
  readonly createNamespace?: boolean;

  /**
   * The password of the shards and of the proxies. The old fleet's has to be in it, since the proxies send only one.
   * @default - key `password` of the Secret `<name>-redis` if the pool has a redis_auth, else none
   */
  readonly password?: SecretKey;

  /**
   * The port of the proxies.
   * @default - the port that the pool listens on
   */
  readonly proxyPort?: number;

  /**
   * Who may talk to the proxies.
   * @default - every pod in the namespace
   */
  readonly proxyClients?: NetworkPeer[];

  /**
   * Who may talk to the shards besides the proxies.
   * @default - nobody
   */
  readonly redisClients?: NetworkPeer[];

  /**
   * Who may read the statistics of the proxies.
   * @default - who may talk to the proxies
   */
  readonly statsClients?: NetworkPeer[];

  /**
   * The pool that the proxies serve, if it is to differ from `pool`: another timeout, say. The synth fails if it would
   * place a key elsewhere.
   * @default - `pool`
   */
  readonly newPool?: NutcrackerPool;

  /**
   * Accept that `newPool` looks for keys on shards that do not have them. What was stored under those keys is lost.
   * @default false
   */
  readonly loseKeysThatMove?: boolean;

  /**
   * The move of the data from the servers of `pool`, and how far it has come. Leave it, with the phase MOVED, for as long as the
   * old fleet could be gone back to.
   * @default - there is no old fleet: the shards start as empty masters
   */
  readonly migration?: PhasedMigration;

  /**
   * The cluster's DNS domain.
   * @default cluster.local
   */
  readonly clusterDomain?: string;
}

/**
 * Charts without dependencies between them, named `<name>-<step>`: `00-namespace`, `10-network-policies`, `20-storage`,
 * `30-redis`, `40-twemproxy`, and while a fleet moves `45-plan`, `46-migrator`, `50-preflight`, `55-status`, `60-sync`,
 * `70-verify`, `80-cutover`, `90-rollback`. Those with nothing in them are left out. At synth, the ring of the proxies'
 * configuration is compared with the ring of `pool`, through the bridge if there is one.
 */
export class FleetCharts extends Construct {
  /** The shards. */
  readonly redis: RedisStatefulSet;
  /** The proxies. */
  readonly proxies: TwemproxyLayer;
  /** The move, in the phase MOVING. */
  readonly migration?: FleetMigration;
  /** Who may talk to whom. */
  readonly networkPolicies: NetworkPolicies;

  constructor(scope: Construct, id: string, props: FleetChartsProps) {
    super(scope, id);
    const { name = id, pool, newPool = pool, namespace, clusterDomain } = props;
    check(this, name, props);
    const password = props.password ?? (pool.redisAuth === undefined ? undefined : { name: `${name}-redis` });

    // Beside this construct, not below it: cdk8s adds a hash to the file names of charts that are nested.
    const chart = (step: string): Chart => new Chart(scope, `${name}-${step}`, { namespace });
    if (namespace !== undefined && (props.createNamespace ?? true)) {
      createNamespace(new Chart(scope, `${name}-00-namespace`), namespace, name);
    }
    const network = chart('10-network-policies');
    const storage = chart('20-storage');
    const ordinals = shardOrdinals(pool, newPool);
    this.redis = new RedisStatefulSet(chart('30-redis'), 'redis', {
      ...props.redis,
      // In every phase alike: the shards must not notice how far the move has come.
      ...(props.migration && { bornAsReplica: true }),
      name: props.redisName ?? `${name}-redis`,
      shardName: props.shardName ?? `${name}-shard`,
      partOf: name,
      shards: Math.max(pool.servers.length, ...ordinals.map((ordinal) => ordinal + 1)),
      storage: props.storage,
      storageScope: storage,
      password,
      clusterDomain,
    });
    if (!storage.node.findAll().some((node) => ApiObject.isApiObject(node))) scope.node.tryRemoveChild(storage.node.id);
    const addresses = ordinals.map((ordinal) => this.redis.addresses[ordinal]);
    const proxies = chart('40-twemproxy');
    if (props.migration?.phase === MigrationPhase.MOVING) {
      const { redis } = this;
      const plan = chart('45-plan');
      const scopes: Record<string, Chart> = { migrator: chart('46-migrator') };
      for (const step of STEPS) scopes[step.name] = chart(`${step.number}-${step.name}`);
      const move = { ...props.migration, name: `${name}-move`, partOf: name, pool, redis, password, scopes };
      this.migration = new FleetMigration(plan, 'migration', move);
    }
    this.proxies = new TwemproxyLayer(proxies, 'twemproxy', {
      ...props.proxies,
      bridge: this.migration?.bridge,
      name: props.proxiesName ?? `${name}-twemproxy`,
      partOf: name,
      pools: [{ pool: newPool, addresses, password, port: props.proxyPort }],
    });
    this.networkPolicies = new NetworkPolicies(network, 'network-policies', {
      redis: this.redis,
      proxies: [this.proxies],
      proxyClients: props.proxyClients,
      redisClients: [...(props.redisClients ?? []), ...this.migratorPods()],
      statsClients: props.statsClients,
    });
    this.proveRing(props);
  }

  private migratorPods(): NetworkPeer[] {
    return this.migration ? [NetworkPeer.pods(this.migration.podSelector)] : [];
  }

  /** Looks at what is written, so that a patch of the ConfigMap is seen as well. */
  private proveRing({ pool, loseKeysThatMove = false }: FleetChartsProps): void {
    const { configMap, bridgeConfigMap } = this.proxies;
    const validate = (): string[] =>
      ringProblems({
        live: pool,
        addresses: this.redis.addresses,
        yaml: dataOf(configMap)['nutcracker.yml'],
        fileName: `nutcracker.yml of ConfigMap ${configMap.name}`,
        bridge: bridgeConfigMap && {
          cfg: dataOf(bridgeConfigMap)['haproxy.cfg'],
          stopped: dataOf(bridgeConfigMap)['stopped-servers'],
          cfgName: `haproxy.cfg of ConfigMap ${bridgeConfigMap.name}`,
        },
        loseKeysThatMove,
      });
    this.proxies.node.addValidation({ validate });
  }
}

function dataOf(configMap: k8s.KubeConfigMap): Record<string, string> {
  return (configMap.toJson() as { data: Record<string, string> }).data;
}

function check(scope: Construct, name: string, props: FleetChartsProps): void {
  const { pool, newPool = pool, namespace, redis } = props;
  checkName(scope, 'name', name, REDIS_SUFFIX);
  if (namespace !== undefined) checkNamespace(scope, namespace);
  if (newPool.name !== pool.name) {
    refuse(scope, `newPool is called ${newPool.name}, and pool ${pool.name}; give it the same name`);
  }
  if (!newPool.redis) refuse(scope, `pool ${newPool.name} speaks the protocol of memcached; set redis: true`);
  const databases = redis?.config?.directives.find((directive) => directive.name === 'databases')?.args[0];
  if (newPool.redisDb >= Number(databases ?? REDIS_DATABASES)) {
    refuse(scope, `pool ${newPool.name} uses redis_db ${newPool.redisDb}; give the shards more databases than that`);
  }
}

function createNamespace(chart: Chart, namespace: string, partOf: string): void {
  const modes = ['enforce', 'audit', 'warn'];
  new k8s.KubeNamespace(chart, 'namespace', {
    metadata: {
      name: namespace,
      labels: {
        ...recommendedLabels({ program: 'fleet', instance: partOf, component: 'namespace', partOf }),
        ...Object.fromEntries(modes.map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted'])),
      },
    },
  });
}
