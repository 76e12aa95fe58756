// The migration of a live fleet: the plan, the migrator, a Job for each step, and the bridge of the proxies.

import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkProps } from './common/check-props';
import { checkName } from './common/prop-errors';
import { HASH_LENGTH, hashedConfigMap } from './common/hashed-config-map';
import { type Identity, recommendedLabels, selectorLabels } from './common/labels';
import { script } from './common/scripts';
import { livePools } from './fleet/fleet-pools';
import { claimOldServers } from './fleet/neighbours';
import { refuseDuplicates } from './common/duplicate-objects';
import { checkMigration } from './migration/migration-checks';
import { migrationJob } from './migration/migration-job';
import { type FleetMigrationProps } from './fleet-migration-props';
import { migratorBundle, migratorHash } from './migration/migrator-bundle';
import { migrationPlan, planJson } from './migration/plan-json';
import { STEPS } from './migration/steps';
import { FleetShards } from './nutcracker/fleet-shards';
import { checkBridge } from './twemproxy/bridge-checks';
import { MigrationBridge } from './twemproxy/migration-bridge';

/**
 * Moves the data of a live fleet into new shards: `plan.json`, the migrator, and one Job each for `preflight`, `status`,
 * `sync`, `verify`, `cutover` and `rollback`. A Job runs when it is applied, except `cutover` and `rollback`, which are
 * created suspended.
 *
 * Pass its `bridge` to the TwemproxyLayer.
 */
export class FleetMigration extends Construct {
  /** Routes the proxies to the master of each shard: its old or its new server. */
  readonly bridge: MigrationBridge;
  /** plan.json. */
  readonly planConfigMap: k8s.KubeConfigMap;
  /** The program of the Jobs; undefined if their image contains it. */
  readonly migratorConfigMap?: k8s.KubeConfigMap;
  /** The name of the current Job of each step. A replaced Job that Kubernetes runs again exits when it is not the current one. */
  readonly currentConfigMap: k8s.KubeConfigMap;
  /** The Jobs, by step. */
  readonly jobs: { [step: string]: k8s.KubeJob };
  /** The prefix of every name. */
  readonly name: string;
  /** The labels of the plan and the migrator. */
  readonly labels: { [key: string]: string };
  /** The labels that select the pods of the Jobs; they must reach the shards. */
  readonly podSelector: { [key: string]: string };

  constructor(scope: Construct, id: string, props: FleetMigrationProps) {
    super(scope, id);
    checkProps(this, 'FleetMigrationProps', props);
    const { name, redis, password, partOf = name, scopes = {} } = props;
    const longest = Math.max(...STEPS.map((step) => step.name.length));
    checkName(this, 'name', name, `-${'s'.repeat(longest)}-`.length + HASH_LENGTH);
    const pools = livePools(this, props);
    const shards = new FleetShards(pools);
    checkMigration(this, props, pools, shards);
    claimOldServers(this, shards.addresses, redis);
    const identity: Identity = { program: 'migrator', instance: name, component: 'migration', partOf };
    this.name = name;
    this.labels = recommendedLabels(identity);
    this.podSelector = selectorLabels(identity);
    this.bridge = new MigrationBridge(
      shards.addresses.map((oldAddress, n) => ({ newAddress: redis.addresses[n], oldAddress })),
      props.bridge,
      password,
      props.oldUser,
    );
    checkBridge(this, this.bridge);

    const scopeOf = (what: string): Construct => scopes[what] ?? this;
    const { labels } = this;
    const plan = planJson(migrationPlan(partOf, pools, shards, redis.addresses, props));
    this.planConfigMap = hashedConfigMap(this, 'plan', `${name}-plan`, labels, { 'plan.json': plan });
    if (props.programInImage !== true) this.migratorConfigMap = programConfigMap(scopeOf('migrator'), name, labels);
    const currentName = `${name}-current`;
    const wiring = {
      name,
      partOf,
      planConfigMap: this.planConfigMap.name,
      migratorConfigMap: this.migratorConfigMap?.name,
      currentConfigMap: currentName,
      password,
    };
    this.jobs = Object.fromEntries(
      STEPS.map((step) => [step.name, migrationJob(scopeOf(step.name), step, props, wiring)]),
    );
    this.currentConfigMap = new k8s.KubeConfigMap(this, 'current', {
      metadata: { name: currentName, labels },
      data: Object.fromEntries(STEPS.map((step) => [step.name, this.jobs[step.name].name])),
    });
    refuseDuplicates(this);
  }
}

/** The migrator, the script that restarts it, and its hash, which the runbook compares. */
function programConfigMap(scope: Construct, name: string, labels: Record<string, string>): k8s.KubeConfigMap {
  const configMap = hashedConfigMap(scope, 'migrator', `${name}-migrator`, labels, {
    'migrator.mjs': migratorBundle(scope),
    'run-migrator.sh': script('run-migrator.sh'),
  });
  configMap.metadata.addAnnotation('cdk8s-twemproxy/sha256-of-migrator.mjs', migratorHash(scope));
  return configMap;
}
