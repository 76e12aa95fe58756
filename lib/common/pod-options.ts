// What a user may choose about pods, and the part of a pod's specification that follows from it.

import { Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { checkOneOf, checkWhole } from './prop-errors';

/** What a user may choose about pods of every kind. */
export interface PodOptions {
  /**
   * When kubelet pulls the image.
   * @default - Kubernetes' own: IfNotPresent
   */
  readonly imagePullPolicy?: string;

  /**
   * Names of Secrets with the registry's credentials.
   * @default - none
   */
  readonly imagePullSecrets?: string[];

  /**
   * The user id that the containers run as.
   * @default 999, the user `redis` of the stock Redis image
   */
  readonly user?: number;

  /**
   * The group id that the containers run as and that volumes are handed to.
   * @default - the same number as `user`
   */
  readonly group?: number;

  /**
   * Decides who is evicted and who is scheduled first.
   * @default - the cluster's default
   */
  readonly priorityClassName?: string;

  /**
   * Labels that a node must have. Proxies stay on nodes of the architecture `amd64` unless `kubernetes.io/arch` is given:
   * a ring is computed as nutcracker does on x86-64, and on arm64 keys that are not ASCII can be on other shards.
   * @default - none for shards; `kubernetes.io/arch: amd64` for proxies
   */
  readonly nodeSelector?: { [key: string]: string };

  /**
   * Taints of nodes that the pods put up with.
   * @default - none
   */
  readonly tolerations?: k8s.Toleration[];

  /**
   * Rules that draw the pods to nodes or to other pods.
   * @default - none; spreading is done by `topologySpreadConstraints`
   */
  readonly affinity?: k8s.Affinity;

  /**
   * The account of the pods; its token is not mounted.
   * @default - the namespace's default account
   */
  readonly serviceAccountName?: string;

  /**
   * More labels for the pods.
   * @default - none
   */
  readonly podLabels?: { [key: string]: string };

  /**
   * Annotations for the pods.
   * @default - none
   */
  readonly podAnnotations?: { [key: string]: string };
}

/** What a user may choose about pods of which there are several. */
export interface ReplicatedPodOptions extends PodOptions {
  /**
   * How the pods are spread.
   * @default - evenly over nodes and over zones, as far as there is room
   */
  readonly topologySpreadConstraints?: k8s.TopologySpreadConstraint[];

  /**
   * How many of the pods an eviction may take at a time.
   * @default 1
   */
  readonly maxUnavailable?: number;
}

/** The user `redis` of the Debian flavour of the official Redis image. */
const DEFAULT_USER = 999;

/** The user and group that the options mean. */
export function userOf(options: PodOptions): { user: number; group: number } {
  const user = options.user ?? DEFAULT_USER;
  return { user, group: options.group ?? user };
}

/** Refuses what Pod Security "restricted" would refuse. */
export function checkPodOptions(scope: Construct, options: ReplicatedPodOptions): void {
  const { user, group } = userOf(options);
  checkWhole(scope, 'user', user, 1, 2 ** 31 - 1);
  checkWhole(scope, 'group', group, 1, 2 ** 31 - 1);
  checkWhole(scope, 'maxUnavailable', options.maxUnavailable ?? 1, 0, 2 ** 31 - 1);
  checkOneOf(scope, 'imagePullPolicy', options.imagePullPolicy, ['Always', 'IfNotPresent', 'Never']);
}

/** Everything of a pod but its containers, volumes and grace. */
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

/** What Pod Security "restricted" asks of each container, and a file system that nobody writes. */
export const RESTRICTED: k8s.SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
};

/** What a script needs that runs before the server. */
export const SCRIPT_RESOURCES: k8s.ResourceRequirements = resources(Size.mebibytes(64), Cpu.millis(50));

/** Requests and limits: memory is reserved whole, the processor may be taken beyond what is asked for. */
export function resources(memory: Size, cpu: Cpu, cpuLimit?: Cpu): k8s.ResourceRequirements {
  const bytes = k8s.Quantity.fromString(memory.asString());
  return {
    requests: { cpu: k8s.Quantity.fromString(cpu.amount), memory: bytes },
    limits: { memory: bytes, ...(cpuLimit && { cpu: k8s.Quantity.fromString(cpuLimit.amount) }) },
  };
}
