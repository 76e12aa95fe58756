// The migration of a live fleet: the plan, the migrator, a Job for each step, and the bridge of the proxies.

import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkProps } from './common/check-props';
import { checkName } from './common/prop-errors';
import { HASH_LENGTH, hashedConfigMap } from './common/hashed-config-map';
import { type Identity, recommendedLabels, selectorLabels } from './common/labels';
import { livePools } from './fleet/fleet-pools';
import { claimOldServers } from './fleet/neighbours';
import { refuseDuplicates } from './common/duplicate-objects';
import { checkMigration } from './migration/migration-checks';
import { JOB_METRICS_PORT } from './jobs/job-options';
import { jobsOf } from './jobs/jobs';
import { programConfigMap } from './jobs/program-bundle';
import { migrationExtras } from './migration/migration-job';
import { type FleetMigrationProps } from './fleet-migration-props';
import { planText } from './jobs/plan-text';
import { migrationPlan } from './migration/plan-json';
import { MIGRATOR, STEPS } from './migration/steps';
import { usedCaSecret } from './redis/server-ports';
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

  /** The port at which the Jobs export their progress; undefined if they do not. */
  readonly metricsPort?: number;

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
    const { tls } = redis;
    const identity: Identity = { program: 'migrator', instance: name, component: 'migration', partOf };
    this.name = name;
    this.labels = recommendedLabels(identity);
    this.podSelector = selectorLabels(identity);
    this.metricsPort = props.metrics ? JOB_METRICS_PORT : undefined;
    this.bridge = new MigrationBridge(
      shards.addresses.map((oldAddress, n) => ({ newAddress: redis.addresses[n], oldAddress })),
      props.bridge,
      password,
      props.oldUser,
      props.oldTls,
      usedCaSecret(tls),
    );
    checkBridge(this, this.bridge);

    const scopeOf = (what: string): Construct => scopes[what] ?? this;
    const { labels } = this;
    const plan = planText(migrationPlan(partOf, pools, shards, redis, props));
    this.planConfigMap = hashedConfigMap(this, 'plan', `${name}-plan`, labels, { 'plan.json': plan });
    if (props.programInImage !== true) {
      this.migratorConfigMap = programConfigMap(scopeOf('migrator'), MIGRATOR, `${name}-migrator`, labels);
    }
    const { jobs, current } = jobsOf(this, MIGRATOR, props, labels, scopeOf, {
      name,
      partOf,
      planConfigMap: this.planConfigMap.name,
      programConfigMap: this.migratorConfigMap?.name,
      password,
      extrasOf: () => migrationExtras(props, tls),
    });
    this.jobs = jobs;
    this.currentConfigMap = current;
    refuseDuplicates(this);
  }
}
