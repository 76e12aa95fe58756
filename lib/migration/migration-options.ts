// What a user may choose about a move.

import { type Duration, type Size } from 'cdk8s';
import { type Cpu } from 'cdk8s-plus-27';
import { type PodOptions } from '../common/pod-options';
import { type SecretKey } from '../common/secret-key';
import { type BridgeOptions } from '../twemproxy/bridge-options';
import { type OldUser } from './old-user';

/** Node 22 is supported until April 2027; the migrator is tested with Node 20 and later. */
export const DEFAULT_MIGRATOR_IMAGE = 'docker.io/library/node:22.23.2-bookworm-slim';

/** How far a fleet has come. */
export enum MigrationPhase {
  /** The proxies reach each shard through the bridge, on whichever side it is; the Jobs of the move are there. */
  MOVING = 'moving',
  /** Every shard is cut over: the proxies talk to the new shards directly; no bridge, and no Jobs. */
  MOVED = 'moved',
}

/** What a user may choose about a move. */
export interface MigrationOptions extends PodOptions {
  /**
   * Networks (such as `10.8.0.0/16`) from which the old servers see the proxies: the addresses of their pods, or of their
   * nodes where pods leave the cluster under the address of their node. A cutover refuses a shard whose old server has clients
   * from elsewhere.
   * @default - none: every client is unexpected, including the proxies
   */
  readonly proxyNetworks?: string[];

  /**
   * How many initial synchronizations run at a time.
   * @default 8
   */
  readonly syncConcurrency?: number;

  /**
   * How many of them run at a time from one old host: each forks its server, and shares the host's disk and network.
   * @default 1
   */
  readonly syncsPerSourceHost?: number;

  /**
   * How many shards are cut over at a time.
   * @default 4
   */
  readonly cutoverConcurrency?: number;

  /**
   * How long the writes of a shard may be held, in whole milliseconds, from 100 to a minute. A shard that is not in step by then
   * is released, and stays where it was.
   * @default Duration.seconds(1)
   */
  readonly cutoverDeadline?: Duration;

  /**
   * Whether an old server follows its new shard after the cutover, so that going back loses nothing. The old servers must
   * reach the shards (`shardAddressesForLegacy`), be let in by the network policy (`redisClients` of the fleet names their
   * networks), and read the snapshots of the new version: Redis 7.2 or later beside the stock image.
   * @default false
   */
  readonly keepLegacyInSync?: boolean;

  /**
   * `host:port` of each shard, by ordinal, as the old servers reach it.
   * @default - the addresses inside the cluster
   */
  readonly shardAddressesForLegacy?: string[];

  /**
   * The Secret with the names that the old servers gave to commands: the `rename-command` lines of their redis.conf, as they stand
   * there. Its key is `renamed-commands` unless it says another. AUTH, INFO, PING, PSYNC and REPLCONF must have their own names.
   * @default - every command has its own name
   */
  readonly renamedCommands?: SecretKey;

  /**
   * The user as which the migrator, the bridge and the shards log in to the old servers, where their default user is to have only what
   * the applications need (Redis 6.0 and later; docs/migrator.md has the rights). Proxies go on with the password of the pool. The
   * shards keep it as long as there is a `migration`: leave its Secret there until then.
   * @default - the default user, with the password of the pool
   */
  readonly oldUser?: OldUser;

  /**
   * More arguments for a command, by its name, such as `{ cutover: ['--shards', '0-3'] }`. The synth refuses what the command does not take.
   * @default - none
   */
  readonly stepArguments?: { [step: string]: string[] };

  /**
   * The bridge in the pods of the proxies.
   * @default - the defaults of BridgeOptions
   */
  readonly bridge?: BridgeOptions;

  /**
   * The image of the Jobs: Node 20 or later.
   * @default docker.io/library/node:22.23.2-bookworm-slim
   */
  readonly image?: string;

  /**
   * Whether `image` holds the program, as one that is built from images/migrator does. Then no ConfigMap brings it, and there is
   * no file `46-migrator`.
   * @default false
   */
  readonly programInImage?: boolean;

  /**
   * Memory of a Job's pod, requested and limited alike.
   * @default Size.mebibytes(256)
   */
  readonly memory?: Size;

  /**
   * The processor time that a Job's pod asks for.
   * @default Cpu.millis(500)
   */
  readonly cpu?: Cpu;

  /**
   * The processor time that it may take.
   * @default - what the node has to spare
   */
  readonly cpuLimit?: Cpu;
}

/** A move, and how far it has come. */
export interface PhasedMigration extends MigrationOptions {
  /** How far the fleet has come. */
  readonly phase: MigrationPhase;
}
