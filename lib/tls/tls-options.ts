// The options of TLS: between proxies and shards, and between clients and proxies.

/**
 * How far TLS between the proxies and the shards is turned on. For a running fleet, apply one phase after the other, and wait for the
 * rollouts of each; to turn it off, apply them in the reverse order. A new fleet begins with REQUIRED.
 */
export enum TlsPhase {
  /** The shards, and the Sentinels of shards with replicas, have a TLS port beside the plain one, which everything uses. Restarts both. */
  OFFERED = 'OFFERED',
  /**
   * The proxies, the Jobs and the exporters use the TLS port, and with replicas also the servers and Sentinels among themselves. Rolls the
   * proxies; with replicas restarts all of them.
   */
  USED = 'USED',
  /** The shards and the Sentinels have no plain port. Restarts both. */
  REQUIRED = 'REQUIRED',
}

/** TLS of the shards. */
export interface ShardTls {
  /** How far it is turned on. */
  readonly phase: TlsPhase;

  /**
   * The Secret with the certificate of the shards, as cert-manager writes it: `tls.crt`, `tls.key` and `ca.crt`. The certificate must
   * have the names of the Services of the shards, and with replicas of both servers and of the Sentinels (`RedisStatefulSet.tlsNames`), or a
   * wildcard. Its files may change at any time: the servers load them again, and the Sentinels restart, one after another.
   */
  readonly secretName: string;

  /**
   * A Secret with `ca.crt`, the certificate authorities that the shards are verified with, if it is not that of `secretName`. While an
   * authority is replaced, it has both.
   * @default - the value of `secretName`
   */
  readonly caSecretName?: string;

  /**
   * The TLS port of redis-server and of the Services. That of the second server of a shard with replicas is as far from it as `replicaPort`
   * from `port`: 6390.
   * @default - `port` + 10: 6389
   */
  readonly port?: number;
}

/**
 * TLS of a Redis Cluster: between its clients and its nodes, and of its nodes among themselves. A new cluster begins with it; the nodes of a running one
 * could not reach each other while some of them have it.
 */
export interface ClusterTls {
  /**
   * The Secret with the certificate of the nodes, as cert-manager writes it: `tls.crt`, `tls.key` and `ca.crt`. The certificate must have
   * the names of the Services of the nodes (`RedisCluster.tlsNames`), or a wildcard. Nodes show it to each other: if it has an extended key
   * usage, it needs those of servers and of clients. Its files may change at any time: the nodes load them again.
   */
  readonly secretName: string;

  /**
   * A Secret with `ca.crt`, the certificate authorities that the nodes are verified with, if it is not that of `secretName`. While an
   * authority is replaced, it has both.
   * @default - the value of `secretName`
   */
  readonly caSecretName?: string;

  /**
   * The TLS port of the nodes and of their Services. That of the cluster bus is 10,000 higher.
   * @default - `port` + 10: 6389
   */
  readonly port?: number;

  /**
   * Whether clients may also connect without TLS, to the `port` of the cluster: while they change over. Each client is told the ports of its
   * own kind.
   * @default false
   */
  readonly plainPort?: boolean;
}

/** TLS of the old servers of a migration: their own, or that of a tunnel in front of them. */
export interface OldServerTls {
  /**
   * A Secret with `ca.crt`, the certificate authorities that the old servers are verified with: by the migrator, by the bridge of the
   * proxies, and by the shards that follow them.
   */
  readonly caSecretName: string;

  /**
   * A Secret with `tls.crt` and `tls.key`, the certificate with which the migrator, the bridge and the shards connect to the old servers.
   * Redis requires one unless `tls-auth-clients` is `no` or `optional`.
   * @default - the migrator and the bridge have none, and a shard shows that of `tls.secretName`
   */
  readonly clientSecretName?: string;

  /**
   * The name that the certificates of all old servers have. The migrator and the bridge accept no other; a shard that follows, which is
   * Redis, verifies the authority only. Needed if the pools list an old server by IP address.
   * @default - the certificate of each old server has the host of its address
   */
  readonly serverName?: string;
}

/** TLS between clients and proxies: HAProxy in the pod of each proxy ends it. Needs a bridge, which `FleetCharts` creates. */
export interface ClientTls {
  /**
   * The Secret with the certificate of the proxies, as cert-manager writes it: `tls.crt` and `tls.key`. The certificate must have the names
   * by which clients connect. Its files may change at any time: HAProxy loads them again, and keeps all connections.
   */
  readonly secretName: string;

  /**
   * A Secret with `ca.crt`: clients must have a certificate that one of these authorities has signed.
   * @default - clients need no certificate
   */
  readonly clientCaSecretName?: string;

  /**
   * A Secret with `ca.crt`: the certificate authorities with which the Jobs that change the password verify the proxies. Needed for them if
   * `secretName` has none, such as with ACME.
   * @default - the value of `secretName`
   */
  readonly caSecretName?: string;

  /**
   * The name by which these Jobs verify the certificate: they connect to the addresses of pods.
   * @default - the name of the Service, such as `unit-1-twemproxy.unit-1.svc.cluster.local`
   */
  readonly serverName?: string;

  /**
   * A Secret with `tls.crt` and `tls.key`, the certificate that these Jobs show to the proxies. Needed for them with `clientCaSecretName`.
   * @default - none
   */
  readonly clientSecretName?: string;

  /**
   * The TLS port of the first pool, also of the Service; those of the other pools follow.
   * @default 6379
   */
  readonly port?: number;

  /**
   * Whether clients may also connect without TLS, to the former ports: while the clients of a running fleet change over.
   * @default false
   */
  readonly plainPorts?: boolean;
}
