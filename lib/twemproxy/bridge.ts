// The bridge between a proxy and the two servers of each shard during a migration.

import { type SecretKey } from '../common/secret-key';
import { type OldUser } from '../migration/old-user';
import { checkArguments } from '../nutcracker/checked-arguments';
import { type BridgeOptions } from './bridge-options';

/** The two servers of a shard. */
export interface BridgedShard {
  /** `host:port` of the new server. */
  readonly newAddress: string;

  /** `host:port` of the old server. */
  readonly oldAddress: string;
}

const FIRST_PORT = 10_000;
const HEALTH_PORT = 8404;

/**
 * Routes each shard to its master, which is either its old or its new server. Each shard has a listener on localhost in the
 * proxy's pod. A `FleetMigration` creates the bridge; pass it to a `TwemproxyLayer`.
 */
export class Bridge {
  /** The shards, by ordinal. */
  readonly shards: BridgedShard[];
  /** The port of shard 0; the others follow. */
  readonly firstPort: number;
  /** The port of the health endpoint. */
  readonly healthPort: number;

  /**
   * @param shards the shards, by ordinal
   * @param options the options of the bridge
   * @param password the password of all servers, for the health checks
   * @param oldUser the user for the health checks of the old servers, if not the default user
   */
  constructor(
    shards: BridgedShard[],
    readonly options: BridgeOptions = {},
    readonly password?: SecretKey,
    readonly oldUser?: OldUser,
  ) {
    checkArguments('new Bridge', shards, options, password, oldUser);
    this.shards = [...shards];
    this.firstPort = options.firstPort ?? FIRST_PORT;
    this.healthPort = options.healthPort ?? HEALTH_PORT;
  }

  /** The listener address of the shard whose new server has this address; the address itself if there is no such shard. */
  listenAddressOf(newAddress: string): string {
    const ordinal = this.shards.findIndex((shard) => shard.newAddress === newAddress);
    return ordinal < 0 ? newAddress : `127.0.0.1:${this.firstPort + ordinal}`;
  }
}
