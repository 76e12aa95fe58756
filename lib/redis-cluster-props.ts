// The props of RedisCluster.

import { type Duration } from 'cdk8s';
import { type Construct } from 'constructs';
import { type SecretKey } from './common/secret-key';
import { type NetworkPeer } from './network-peer';
import { type RedisServerOptions } from './redis/redis-server-options';
import { type IShardStorage } from './storage/i-shard-storage';
import { type ClusterTls } from './tls/tls-options';

/** The props of RedisCluster. */
export interface RedisClusterProps extends RedisServerOptions {
  /** The name of the StatefulSet and of its headless Service; the pods and their Services are `<name>-<ordinal>`. */
  readonly name: string;

  /** The number of masters, at least 3. It cannot change later by this prop alone: slots are moved by `redis-cli --cluster`. */
  readonly masters: number;

  /**
   * The number of replicas of each master. It must not change later: the nodes of a shard have ordinals that follow each other.
   * @default 1
   */
  readonly replicas?: number;

  /** Where the nodes keep their data. */
  readonly storage: IShardStorage;

  /**
   * The scope in which the storage creates its objects, such as a separate chart.
   * @default - this construct
   */
  readonly storageScope?: Construct;

  /** The password of every node. It has no `secondKey`: another password needs a restart of all nodes at once. */
  readonly password: SecretKey;

  /**
   * Whether a new node lets its clients use no keys until the `switch` of a change of the ring opens it. Needed for the cluster of
   * `reshard`. A node keeps over a restart what it was.
   * @default false
   */
  readonly startClosed?: boolean;

  /**
   * TLS. It must not change later, except for `plainPort`, which restarts the nodes, one after another.
   * @default - none
   */
  readonly tls?: ClusterTls;

  /**
   * The port for clients without TLS. Without `tls`, that of the cluster bus is 10,000 higher.
   * @default 6379
   */
  readonly port?: number;

  /**
   * How long a node may be unreachable before the others consider it failed, and promote its replica (`cluster-node-timeout`).
   * @default Duration.seconds(15)
   */
  readonly nodeTimeout?: Duration;

  /**
   * Whether no key can be used while some slots have no master (`cluster-require-full-coverage`).
   * @default true
   */
  readonly requireFullCoverage?: boolean;

  /**
   * Whether every node of the cluster runs on a Kubernetes node of its own, so that the loss of one never takes a master and its
   * replica. Otherwise they are spread as far as possible.
   * @default - true with replicas
   */
  readonly separateNodes?: boolean;

  /**
   * Which peers may connect as clients, besides the Jobs of a change of the ring. A client connects to every node.
   * @default - every pod in the namespace
   */
  readonly clients?: NetworkPeer[];

  /**
   * The label `app.kubernetes.io/part-of`.
   * @default - `name`
   */
  readonly partOf?: string;

  /**
   * The cluster's DNS domain.
   * @default cluster.local
   */
  readonly clusterDomain?: string;
}
