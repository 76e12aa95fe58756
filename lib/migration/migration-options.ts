// The options of a migration.

import { type Duration } from 'cdk8s';
import { type JobOptions } from '../jobs/job-options';
import { type SecretKey } from '../common/secret-key';
import { type OldServerTls } from '../tls/tls-options';
import { type BridgeOptions } from '../twemproxy/bridge-options';
import { type OldUser } from './old-user';

/** The phases of a migration. */
export enum MigrationPhase {
  /** The proxies reach each shard through the bridge, before and after its cutover. The migration Jobs exist. */
  MOVING = 'moving',
  /** Every shard is cut over. The proxies connect to the new shards directly; no bridge, no Jobs. */
  MOVED = 'moved',
}

/** The options of a migration. */
export interface MigrationOptions extends JobOptions {
  /**
   * Networks (such as `10.8.0.0/16`) of the proxies as the old servers see them: the pod addresses, or the node addresses if the
   * cluster masquerades pods. A cutover refuses a shard whose old server has clients from other networks.
   * @default - none: every client is unexpected, including the proxies
   */
  readonly proxyNetworks?: string[];

  /**
   * The maximum number of initial synchronizations at a time.
   * @default 8
   */
  readonly syncConcurrency?: number;

  /**
   * The maximum number of initial synchronizations at a time from one old host: each forks its server, and they share the host's
   * disk and network.
   * @default 1
   */
  readonly syncsPerSourceHost?: number;

  /**
   * The maximum number of cutovers at a time.
   * @default 4
   */
  readonly cutoverConcurrency?: number;

  /**
   * How long the writes of a shard may be held, in whole milliseconds, from 100 to a minute. If the new server has not caught up
   * by then, the shard is released and stays on its old server.
   * @default Duration.seconds(1)
   */
  readonly cutoverDeadline?: Duration;

  /**
   * Whether each old server replicates from its new shard after the cutover, so that a rollback loses no writes. The old servers
   * must reach the shards (`shardAddressesForLegacy`), be allowed by the network policy (`redisClients` of the fleet), and be able
   * to load the RDB files of the new version: with the default image, Redis 7.2 or later.
   * @default false
   */
  readonly keepLegacyInSync?: boolean;

  /**
   * `host:port` of each shard, by ordinal, for connections from the old servers.
   * @default - the addresses inside the cluster; for old servers without TLS, with the port without it
   */
  readonly shardAddressesForLegacy?: string[];

  /**
   * The Secret with the `rename-command` lines of the old servers' redis.conf, unchanged. Its key defaults to `renamed-commands`.
   * AUTH, INFO, PING, PSYNC and REPLCONF must not be renamed.
   * @default - no commands are renamed
   */
  readonly renamedCommands?: SecretKey;

  /**
   * The user as which the migrator, the bridge and the shards log in to the old servers, so that the default user needs only the
   * rights of the applications (Redis 6.0 and later; docs/migrator.md lists the rights). The proxies still use the password of the
   * pool. The shards use it as long as `migration` is set: keep its Secret until then.
   * @default - the default user, with the password of the pool
   */
  readonly oldUser?: OldUser;

  /**
   * TLS of the old servers, for the migrator, the bridge and the shards. The shards need `tls`, since a Redis server connects by TLS only
   * with a certificate of its own; they use this as long as `migration` is set.
   * @default - the old servers have no TLS
   */
  readonly oldTls?: OldServerTls;

  /**
   * Additional arguments, by command, such as `{ cutover: ['--shards', '0-3'] }`. The synth refuses invalid arguments.
   * @default - none
   */
  readonly stepArguments?: { [step: string]: string[] };

  /**
   * The options of the bridge in the pods of the proxies.
   * @default - the defaults of BridgeOptions
   */
  readonly bridge?: BridgeOptions;

  /**
   * Whether `image` contains the migrator, as an image built from images/jobs does. Then there is no ConfigMap with the
   * program, and no file `46-migrator`.
   * @default false
   */
  readonly programInImage?: boolean;
}

/** The options of a migration, and its phase. */
export interface PhasedMigration extends MigrationOptions {
  /** The current phase. */
  readonly phase: MigrationPhase;
}
