// The program that changes the password of running servers: its plan, and a Job for each command.

import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkProps } from './common/check-props';
import { refuseDuplicates } from './common/duplicate-objects';
import { HASH_LENGTH, hashedConfigMap } from './common/hashed-config-map';
import { type Identity, recommendedLabels, selectorLabels } from './common/labels';
import { checkName, checkPort, refuse } from './common/prop-errors';
import { checkSecretKey, secondPasswordEnv } from './common/secret-key';
import { type FleetPasswordsProps } from './fleet-passwords-props';
import { checkJobs } from './jobs/job-checks';
import { JOB_METRICS_PORT } from './jobs/job-options';
import { withProxyTls, withTls } from './jobs/job-tls';
import { jobsOf } from './jobs/jobs';
import { planText } from './jobs/plan-text';
import { programConfigMap } from './jobs/program-bundle';
import { PASSWORD_PLAN_VERSION, type PasswordPlan } from './passwords/password-plan';
import { PASSWORDS } from './passwords/steps';
import { usesTls } from './redis/server-ports';
import { checkClientTls, checkProxyTls } from './tls/tls-checks';

/**
 * Changes the password of a fleet without a restart of its servers: `passwords.json`, the program, and one Job each for `status`,
 * `apply` and `retire`. The Job `status` runs when it is applied; the others are created suspended.
 */
export class FleetPasswords extends Construct {
  /** passwords.json. */
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
  /** The labels that select the pods of the Jobs; they must reach every server, the Sentinels, and the proxies. */
  readonly podSelector: { [key: string]: string };
  /** The port at which the Jobs export their progress; undefined if they do not. */
  readonly metricsPort?: number;

  constructor(scope: Construct, id: string, props: FleetPasswordsProps) {
    super(scope, id);
    checkProps(this, 'FleetPasswordsProps', props);
    const { name, password, partOf = name, scopes = {} } = props;
    check(this, props);
    const identity: Identity = { program: PASSWORDS.name, instance: name, component: 'passwords', partOf };
    this.name = name;
    this.labels = recommendedLabels(identity);
    this.podSelector = selectorLabels(identity);
    this.metricsPort = props.metrics ? JOB_METRICS_PORT : undefined;

    const scopeOf = (what: string): Construct => scopes[what] ?? this;
    const plan = planText(passwordPlan(partOf, props));
    this.planConfigMap = hashedConfigMap(this, 'plan', `${name}-plan`, this.labels, { [PASSWORDS.planFile]: plan });
    if (props.programInImage !== true) {
      this.programConfigMap = programConfigMap(scopeOf('program'), PASSWORDS, `${name}-program`, this.labels);
    }
    const secrets = secondPasswordEnv('SECOND_PASSWORD', password);
    const { jobs, current } = jobsOf(this, PASSWORDS, props, this.labels, scopeOf, {
      name,
      partOf,
      planConfigMap: this.planConfigMap.name,
      programConfigMap: this.programConfigMap?.name,
      password,
      extrasOf: () => withProxyTls(withTls({ secrets, env: [] }, props.tls), props.proxyTls),
    });
    this.jobs = jobs;
    this.currentConfigMap = current;
    refuseDuplicates(this);
  }
}

function passwordPlan(fleet: string, props: FleetPasswordsProps): PasswordPlan {
  const { addresses, replicaAddresses = [], sentinels = [], proxyPort, proxyTls } = props;
  return {
    version: PASSWORD_PLAN_VERSION,
    fleet,
    proxyPort,
    ...(proxyTls?.serverName !== undefined && { proxyTls: { serverName: proxyTls.serverName } }),
    sentinels,
    shards: addresses.map((a, shard) => ({ shard, servers: [a, ...replicaAddresses.slice(shard, shard + 1)] })),
  };
}

function check(scope: Construct, props: FleetPasswordsProps): void {
  const { name, password, addresses, replicaAddresses = [], sentinels = [] } = props;
  const longest = Math.max(...PASSWORDS.steps.map((step) => step.name.length));
  checkName(scope, 'name', name, `-${'s'.repeat(longest)}-`.length + HASH_LENGTH);
  checkSecretKey(scope, 'password', password);
  if (password.secondKey === undefined) {
    refuse(scope, 'password has no secondKey, so the servers can accept one password only; set password.secondKey');
  }
  checkPort(scope, 'proxyPort', props.proxyPort);
  checkProxies(scope, props);
  checkJobs(scope, PASSWORDS, props, addresses.length);
  if (addresses.length === 0 || ![0, addresses.length].includes(replicaAddresses.length)) {
    const counts = `${addresses.length} addresses and ${replicaAddresses.length} replicaAddresses`;
    refuse(scope, `there are ${counts}; give one of each for every shard, or no replicaAddresses`);
  }
  for (const address of [...addresses, ...replicaAddresses, ...sentinels]) {
    if (!/^[^\s/:]+:\d{1,5}$/.test(address)) refuse(scope, `${JSON.stringify(address)} is not host:port`);
  }
}

function checkProxies(scope: Construct, { proxyTls, proxyPort, tls, ...props }: FleetPasswordsProps): void {
  if (proxyTls === undefined) return;
  checkClientTls(scope, proxyTls);
  checkProxyTls(scope, proxyTls);
  if (proxyTls.serverName === undefined)
    refuse(scope, 'proxyTls has no serverName; set the name that the certificate of the proxies has');
  const servers = [...props.addresses, ...(props.replicaAddresses ?? []), ...(props.sentinels ?? [])];
  // A client of a server that has this port would be taken for a proxy with a wrong certificate.
  if (usesTls(tls) && servers.some((address) => address.endsWith(`:${proxyPort}`)))
    refuse(scope, `proxyPort is ${proxyPort}, which is also the TLS port of servers; choose another clientTls.port`);
}
