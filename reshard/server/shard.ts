// A shard of the fleet: its server, or its servers, of which one is the master.

import { ServerError } from '../../migrator/redis/server';
import { AbortedError } from '../../migrator/shard/hand-over';
import { type ReshardAddress, type RingId } from '../plan/plan';
import { type Access } from './access';
import { type Epoch } from './epoch';
import { type UsersOfRings } from './ring-users';
import { FleetServer, type Role } from './server';

export class FleetShard {
  static async connect(
    ordinal: number,
    addresses: readonly ReshardAddress[],
    users: UsersOfRings,
    access: Access,
  ): Promise<FleetShard> {
    const found = await Promise.all(
      addresses.map((address) =>
        FleetServer.connect(ordinal, address, users, access).catch((error: unknown) => {
          if (error instanceof ServerError) return explained(error, access.user);
          throw error;
        }),
      ),
    );
    return new FleetShard(ordinal, addresses, found);
  }

  /** A shard of which nothing is known but where it should be. */
  static unreachable(ordinal: number, address: ReshardAddress, error: ServerError): FleetShard {
    return new FleetShard(ordinal, [address], [error]);
  }

  private constructor(
    readonly ordinal: number,
    /** Where its servers are. */
    readonly addresses: readonly ReshardAddress[],
    /** Its servers, or why they cannot be reached, in the same order. */
    readonly found: readonly (FleetServer | ServerError)[],
  ) {}

  /** How many replicas its master has. */
  get replicas(): number {
    return this.addresses.length - 1;
  }

  /** The servers that can be reached, the master first. */
  get servers(): FleetServer[] {
    const servers = this.found.filter((one) => one instanceof FleetServer);
    return servers.sort((one, other) => Number(other.role.isMaster) - Number(one.role.isMaster));
  }

  /** What its servers are now, in the order of their addresses. */
  epochs(): Promise<Epoch[]> {
    return Promise.all(
      this.found.map(async (one) => (one instanceof FleetServer ? one.epoch() : Promise.resolve<Epoch>('unreachable'))),
    );
  }

  /** The master, if every server is there, and the others follow it. Throws a ServerError or an AbortedError. */
  get complete(): FleetServer {
    const error = this.found.find((one) => one instanceof ServerError);
    if (error !== undefined) throw error;
    const { servers } = this;
    this.checkRoles(servers.map(({ role }) => role));
    return servers[0];
  }

  /** Fences its servers. A change of roles meanwhile aborts: what was read from a former master may be old. */
  async fence(next: RingId): Promise<void> {
    this.checkRoles(await Promise.all(this.servers.map((server) => server.fence(next))));
  }

  /** Waits until the replicas have what was copied, so many milliseconds at most: a failover from here on loses nothing of it. */
  async replicated(ms: number): Promise<void> {
    if (this.replicas === 0 || (await this.complete.isReplicated(this.replicas, ms))) return;
    throw new AbortedError(`the replica of shard ${this.ordinal} did not confirm what was copied`);
  }

  close(): void {
    for (const server of this.servers) server.close();
  }

  /** @param roles the one of the master first */
  private checkRoles([master, ...replicas]: readonly Role[]): void {
    const fail = (problem: string): never => {
      throw new AbortedError(`shard ${this.ordinal}: ${problem}; run this again when it is settled`);
    };
    if (!master.isMaster) fail('its server is not a master');
    if (this.replicas === 0) return;
    if (replicas.some(({ isMaster }) => isMaster)) fail('both of its servers are masters');
    if (![master, ...replicas].every(({ isConnected }) => isConnected)) fail('its replica is not in sync');
  }
}

/** With the remedy for a login that failed. */
function explained(error: ServerError, user: string): ServerError {
  if (!error.isAboutPassword) return error;
  const { address, reason } = error;
  return new ServerError(
    address,
    `${reason}; create the user ${user} there with the password of the fleet (ACL SETUSER), or correct the Secret`,
    true,
  );
}
