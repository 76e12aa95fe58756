// The options of pods, and the part of the pod spec derived from them.

import { Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { checkOneOf, checkWhole } from './prop-errors';

/** The options of all pods. */
export interface PodOptions {
  /**
   * The pull policy of the image.
   * @default - the default of Kubernetes: IfNotPresent
   */
  readonly imagePullPolicy?: string;

  /**
   * The names of Secrets with registry credentials.
   * @default - none
   */
  readonly imagePullSecrets?: string[];

  /**
   * The user ID that the containers run as.
   * @default 999, the user `redis` of the stock Redis image
   */
  readonly user?: number;

  /**
   * The group ID that the containers run as, and the `fsGroup` of the volumes.
   * @default - the value of `user`
   */
  readonly group?: number;

  /**
   * The priority class of the pods, for scheduling and eviction.
   * @default - the cluster's default
   */
  readonly priorityClassName?: string;

  /**
   * Required labels of the nodes. Proxies run on `amd64` nodes unless `kubernetes.io/arch` is set: the ring is computed as by
   * nutcracker on x86-64, and on arm64 non-ASCII keys can be on other shards.
   * @default - none for shards; `kubernetes.io/arch: amd64` for proxies
   */
  readonly nodeSelector?: { [key: string]: string };

  /**
   * The tolerations of the pods.
   * @default - none
   */
  readonly tolerations?: k8s.Toleration[];

  /**
   * The affinity of the pods.
   * @default - none; `topologySpreadConstraints` spreads the pods
   */
  readonly affinity?: k8s.Affinity;

  /**
   * The service account of the pods; its token is not mounted.
   * @default - the namespace's default service account
   */
  readonly serviceAccountName?: string;

  /**
   * Additional labels for the pods.
   * @default - none
   */
  readonly podLabels?: { [key: string]: string };

  /**
   * Annotations for the pods.
   * @default - none
   */
  readonly podAnnotations?: { [key: string]: string };
}

/** The options of pods with several replicas. */
export interface ReplicatedPodOptions extends PodOptions {
  /**
   * The topology spread constraints of the pods.
   * @default - spread evenly over nodes and zones, as far as possible
   */
  readonly topologySpreadConstraints?: k8s.TopologySpreadConstraint[];

  /**
   * How many pods can be evicted at a time.
   * @default 1
   */
  readonly maxUnavailable?: number;
}

/** The user `redis` of the Debian variant of the official Redis image. */
const DEFAULT_USER = 999;

/** The user and group ID of the pods. */
export function userOf(options: PodOptions): { user: number; group: number } {
  const user = options.user ?? DEFAULT_USER;
  return { user, group: options.group ?? user };
}

/** Refuses options that Pod Security "restricted" does not allow. */
export function checkPodOptions(scope: Construct, options: ReplicatedPodOptions): void {
  const { user, group } = userOf(options);
  checkWhole(scope, 'user', user, 1, 2 ** 31 - 1);
  checkWhole(scope, 'group', group, 1, 2 ** 31 - 1);
  checkWhole(scope, 'maxUnavailable', options.maxUnavailable ?? 1, 0, 2 ** 31 - 1);
  checkOneOf(scope, 'imagePullPolicy', options.imagePullPolicy, ['Always', 'IfNotPresent', 'Never']);
}

/** The pod spec without containers, volumes and termination grace period. */
export function podSpec(
  options: ReplicatedPodOptions,
  selector: Record<string, string>,
): Omit<k8s.PodSpec, 'containers'> {
  const { user, group } = userOf(options);
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    serviceAccountName: options.serviceAccountName,
    priorityClassName: options.priorityClassName,
    nodeSelector: options.nodeSelector,
    tolerations: options.tolerations,
    affinity: options.affinity,
    imagePullSecrets: options.imagePullSecrets?.map((name) => ({ name })),
    topologySpreadConstraints:
      options.topologySpreadConstraints ??
      ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: selector },
      })),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: group,
      fsGroup: group,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
}

/** The requirements of Pod Security "restricted" for each container, and a read-only root file system. */
export const RESTRICTED: k8s.SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
};

/** The resources of a script that runs before the server. */
export const SCRIPT_RESOURCES: k8s.ResourceRequirements = resources(Size.mebibytes(64), Cpu.millis(50));

/** The memory request equals its limit; CPU may exceed its request. */
export function resources(memory: Size, cpu: Cpu, cpuLimit?: Cpu): k8s.ResourceRequirements {
  const bytes = k8s.Quantity.fromString(memory.asString());
  return {
    requests: { cpu: k8s.Quantity.fromString(cpu.amount), memory: bytes },
    limits: { memory: bytes, ...(cpuLimit && { cpu: k8s.Quantity.fromString(cpuLimit.amount) }) },
  };
}
