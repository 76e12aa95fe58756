// Changes the ring of a running fleet: its two rings and servers, the program, and a Job for each of its commands.

import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkProps } from './common/check-props';
import { refuseDuplicates } from './common/duplicate-objects';
import { HASH_LENGTH, hashedConfigMap } from './common/hashed-config-map';
import { type Identity, recommendedLabels, selectorLabels } from './common/labels';
import { cidrProblem } from './common/kubernetes-values';
import { checkName, checkOneOf, refuseValue } from './common/prop-errors';
import { checkSecretKey } from './common/secret-key';
import { type FleetReshardProps } from './fleet-reshard-props';
import { checkJobs } from './jobs/job-checks';
import { withClusterTls, withTls } from './jobs/job-tls';
import { jobsOf } from './jobs/jobs';
import { planText } from './jobs/plan-text';
import { programConfigMap } from './jobs/program-bundle';
import { plannedCluster, reshardPlan, type UsedRing } from './reshard/plan-json';
import { type RedisCluster } from './redis-cluster';
import { checkRings, checkServers, checkTarget } from './reshard/reshard-checks';
import { ReshardPhase } from './reshard/reshard-options';
import { otherUser, RING_USERS, type RingUser } from './reshard/reshard-plan';
import { RingHistory } from './reshard/ring-history';
import { RESHARD, reshardProgram } from './reshard/steps';

/**
 * Moves the keys of a running fleet to another ring, or to a Redis Cluster: `reshard.json`, the program, and one Job each for `preflight`,
 * `status`, `copy`, `verify`, `switch`, `return` and `purge`, and for a cluster `compatibility`. A Job runs when it is applied, except
 * `switch`, `return` and `purge`, which are created suspended.
 *
 * Pass both rings to the TwemproxyLayer as well: the servers decide which of them serves.
 */
export class FleetReshard extends Construct {
  /** reshard.json. */
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
  /** The Redis Cluster to which keys move; undefined for a ring. */
  readonly cluster?: RedisCluster;
  /** The labels that select the pods of the Jobs; they must reach every shard, and every node of the cluster. */
  readonly podSelector: { [key: string]: string };

  constructor(scope: Construct, id: string, props: FleetReshardProps) {
    super(scope, id);
    checkProps(this, 'FleetReshardProps', props);
    const { name, pool, nextPool, cluster, password, partOf = name, scopes = {} } = props;
    checkTarget(this, nextPool, cluster, password, props.tls);
    const all = reshardProgram(ReshardPhase.RESHARDING, cluster !== undefined);
    const longest = Math.max(...all.steps.map((step) => step.name.length));
    checkName(this, 'name', name, `-${'s'.repeat(longest)}-`.length + HASH_LENGTH);
    checkSecretKey(this, 'password', password);
    checkJobs(this, all, props, props.addresses.length);
    const pools = [pool, ...(nextPool ? [nextPool] : [])];
    checkRings(this, pools, ['pool', 'nextPool']);
    const history = new RingHistory(pools);
    const user = (props.ringUser ?? RING_USERS[0]) as RingUser;
    checkOneOf(this, 'ringUser', user, RING_USERS);
    const a = { user, pool, ordinals: props.ordinals ?? history.ring(0).ordinals };
    const b: UsedRing | undefined = nextPool && {
      user: otherUser(user),
      pool: nextPool,
      ordinals: props.nextOrdinals ?? history.ring(1).ordinals,
    };
    for (const network of props.proxyNetworks ?? []) {
      refuseValue(this, 'proxyNetworks', network, cidrProblem(network));
    }
    checkServers(this, { ordinals: a, ...(b && { nextOrdinals: b }) }, props.addresses, props.replicaAddresses);
    const identity: Identity = { program: RESHARD.name, instance: name, component: 'reshard', partOf };
    this.name = name;
    this.cluster = cluster;
    this.labels = recommendedLabels(identity);
    this.podSelector = selectorLabels(identity);

    const scopeOf = (what: string): Construct => scopes[what] ?? this;
    const plan = planText(reshardPlan(partOf, a, b ?? plannedCluster(cluster?.addresses ?? []), props));
    this.planConfigMap = hashedConfigMap(this, 'plan', `${name}-plan`, this.labels, { [RESHARD.planFile]: plan });
    if (props.programInImage !== true) {
      this.programConfigMap = programConfigMap(scopeOf('program'), RESHARD, `${name}-program`, this.labels);
    }
    const program = reshardProgram(props.phase ?? ReshardPhase.RESHARDING, cluster !== undefined);
    const { jobs, current } = jobsOf(this, program, props, this.labels, scopeOf, {
      name,
      partOf,
      planConfigMap: this.planConfigMap.name,
      programConfigMap: this.programConfigMap?.name,
      password,
      extrasOf: () => withClusterTls(withTls({ env: [] }, props.tls), cluster?.tls),
    });
    this.jobs = jobs;
    this.currentConfigMap = current;
    refuseDuplicates(this);
  }
}
