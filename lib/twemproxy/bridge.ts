// What stands between a proxy and the two servers of each shard while it moves.

import { type SecretKey } from '../common/secret-key';
import { type OldUser } from '../migration/old-user';
import { checkArguments } from '../nutcracker/checked-arguments';
import { type BridgeOptions } from './bridge-options';

/** The two servers of one shard. */
export interface BridgedShard {
  /** `host:port` of the new one. */
  readonly newAddress: string;

  /** `host:port` of the old one. */
  readonly oldAddress: string;
}

/** Where the bridge begins to listen if nobody says otherwise. */
const FIRST_PORT = 10_000;
const HEALTH_PORT = 8404;

/**
 * Leads each shard to whichever of its two servers is the master: a listener a shard on the proxy's own host. A
 * `FleetMigration` makes one, and a `TwemproxyLayer` takes it.
 */
export class Bridge {
  /** The shards, by ordinal. */
  readonly shards: BridgedShard[];
  /** The port of shard 0; the others follow. */
  readonly firstPort: number;
  /** Where the bridge tells how it is. */
  readonly healthPort: number;

  /**
   * @param shards the shards, by ordinal
   * @param options what a user may choose
   * @param password the password of all the servers, with which they are asked for their role
   * @param oldUser as whom the old servers are asked for it, if not as the default user
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

  /** Where a proxy finds the shard whose new server has this address; the address itself if no shard has it. */
  listenAddressOf(newAddress: string): string {
    const ordinal = this.shards.findIndex((shard) => shard.newAddress === newAddress);
    return ordinal < 0 ? newAddress : `127.0.0.1:${this.firstPort + ordinal}`;
  }
}
