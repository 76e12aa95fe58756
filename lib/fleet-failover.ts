// The program that shows and changes which server of a shard is the master: its plan, and a Job for each command.

import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkProps } from './common/check-props';
import { refuseDuplicates } from './common/duplicate-objects';
import { HASH_LENGTH, hashedConfigMap } from './common/hashed-config-map';
import { type Identity, recommendedLabels, selectorLabels } from './common/labels';
import { checkName, refuse } from './common/prop-errors';
import { checkSecretKey } from './common/secret-key';
import { failoverEnv } from './failover/failover-env';
import { REPLICA_PLAN_VERSION, type ReplicaPlan } from './failover/replica-plan';
import { FAILOVER } from './failover/steps';
import { type FleetFailoverProps } from './fleet-failover-props';
import { checkJobs } from './jobs/job-checks';
import { JOB_METRICS_PORT } from './jobs/job-options';
import { withTls } from './jobs/job-tls';
import { jobsOf } from './jobs/jobs';
import { planText } from './jobs/plan-text';
import { programConfigMap } from './jobs/program-bundle';

/**
 * Shows and changes which of the two servers of each shard is the master: `replicas.json`, the program, and one Job each for
 * `status`, `switchover` and `failover`. The Job `status` runs when it is applied; the others are created suspended.
 */
export class FleetFailover extends Construct {
  /** replicas.json. */
  readonly planConfigMap: k8s.KubeConfigMap;
  /** The program of the Jobs; undefined if their image contains it. */
  readonly programConfigMap?: k8s.KubeConfigMap;
  /** The name of the current Job of each step. A replaced Job that Kubernetes runs again exits when it is not the current one. */
  readonly currentConfigMap: k8s.KubeConfigMap;
  /** The Jobs, by step. */
  readonly jobs: { [step: string]: k8s.KubeJob };
  /** The prefix of every name. */
  readonly name: string;
  /** The labels of the plan and the program. */
  readonly labels: { [key: string]: string };
  /** The labels that select the pods of the Jobs; they must reach both servers of each shard, and the Sentinels. */
  readonly podSelector: { [key: string]: string };

  /** The port at which the Jobs export their progress; undefined if they do not. */
  readonly metricsPort?: number;

  constructor(scope: Construct, id: string, props: FleetFailoverProps) {
    super(scope, id);
    checkProps(this, 'FleetFailoverProps', props);
    const { name, password, partOf = name, scopes = {}, stepArguments = {} } = props;
    const longest = Math.max(...FAILOVER.steps.map((step) => step.name.length));
    checkName(this, 'name', name, `-${'s'.repeat(longest)}-`.length + HASH_LENGTH);
    checkServers(this, props);
    checkSecretKey(this, 'password', password);
    checkJobs(this, FAILOVER, props, props.addresses.length);
    const identity: Identity = { program: FAILOVER.name, instance: name, component: 'failover', partOf };
    this.name = name;
    this.labels = recommendedLabels(identity);
    this.podSelector = selectorLabels(identity);
    this.metricsPort = props.metrics ? JOB_METRICS_PORT : undefined;

    const scopeOf = (what: string): Construct => scopes[what] ?? this;
    const plan = planText(replicaPlan(partOf, props));
    this.planConfigMap = hashedConfigMap(this, 'plan', `${name}-plan`, this.labels, { [FAILOVER.planFile]: plan });
    if (props.programInImage !== true) {
      this.programConfigMap = programConfigMap(scopeOf('program'), FAILOVER, `${name}-program`, this.labels);
    }
    const { jobs, current } = jobsOf(this, FAILOVER, props, this.labels, scopeOf, {
      name,
      partOf,
      planConfigMap: this.planConfigMap.name,
      programConfigMap: this.programConfigMap?.name,
      password,
      extrasOf: (step) => withTls({ env: failoverEnv(step, stepArguments[step.name] ?? []) }, props.tls),
    });
    this.jobs = jobs;
    this.currentConfigMap = current;
    refuseDuplicates(this);
  }
}

function replicaPlan(fleet: string, props: FleetFailoverProps): ReplicaPlan {
  const { addresses, replicaAddresses, sentinels, otherPorts } = props;
  return {
    version: REPLICA_PLAN_VERSION,
    fleet,
    sentinels,
    shards: addresses.map((a, shard) => ({
      shard,
      a,
      b: replicaAddresses[shard],
      ...(otherPorts && { otherPorts: { a: otherPorts[0], b: otherPorts[1] } }),
    })),
  };
}

function checkServers(scope: Construct, { addresses, replicaAddresses, sentinels }: FleetFailoverProps): void {
  if (addresses.length === 0 || addresses.length !== replicaAddresses.length) {
    refuse(
      scope,
      `there are ${addresses.length} addresses and ${replicaAddresses.length} replicaAddresses; give one of each for every shard`,
    );
  }
  if (sentinels.length < 3) {
    refuse(scope, `sentinels has ${sentinels.length}; with less than 3, the loss of one prevents every failover`);
  }
  for (const address of [...addresses, ...replicaAddresses, ...sentinels]) {
    if (!/^[^\s/:]+:\d{1,5}$/.test(address)) refuse(scope, `${JSON.stringify(address)} is not host:port`);
  }
}
