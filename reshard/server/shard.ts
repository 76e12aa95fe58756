// A shard of the fleet: its server, or its two servers, of which one is the master.

import { ServerError } from '../../migrator/redis/server';
import { AbortedError } from '../../migrator/shard/hand-over';
import { type ReshardServer, type RingId } from '../plan/plan';
import { type Access } from './access';
import { type Epoch } from './epoch';
import { type UsersOfRings } from './ring-users';
import { FleetServer } from './server';

export class FleetShard {
  static async connect(shard: ReshardServer, users: UsersOfRings, access: Access): Promise<FleetShard> {
    const addresses = [shard, ...(shard.replica === undefined ? [] : [shard.replica])];
    const found = await Promise.all(
      addresses.map((address) =>
        FleetServer.connect(shard.shard, address, users, access).catch((error: unknown) => {
          if (error instanceof ServerError) return error;
          throw error;
        }),
      ),
    );
    return new FleetShard(shard, found);
  }

  private constructor(
    readonly shard: ReshardServer,
    /** Its servers, or why they cannot be reached, as in the plan. */
    readonly found: readonly (FleetServer | ServerError)[],
  ) {}

  /** The servers that can be reached, the master first. */
  get servers(): FleetServer[] {
    const servers = this.found.filter((one) => one instanceof FleetServer);
    return servers.sort((one, other) => Number(other.role.isMaster) - Number(one.role.isMaster));
  }

  /** What its servers are now, as in the plan. */
  epochs(): Promise<Epoch[]> {
    return Promise.all(
      this.found.map(async (one) => (one instanceof FleetServer ? one.epoch() : Promise.resolve<Epoch>('unreachable'))),
    );
  }

  /** The master, if every server is there, and the other one follows it. Throws a ServerError or an AbortedError. */
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

  /** Waits until the replica has what was copied, so many milliseconds at most: a failover from here on loses nothing of it. */
  async replicated(ms: number): Promise<void> {
    if (this.shard.replica === undefined || (await this.complete.isReplicated(ms))) return;
    throw new AbortedError(`the replica of shard ${this.shard.shard} did not confirm what was copied`);
  }

  close(): void {
    for (const server of this.servers) server.close();
  }

  /** @param roles the one of the master first */
  private checkRoles([master, replica]: readonly {
    readonly isMaster: boolean;
    readonly isConnected: boolean;
  }[]): void {
    const fail = (problem: string): never => {
      throw new AbortedError(`shard ${this.shard.shard}: ${problem}; run this again when it is settled`);
    };
    if (!master.isMaster) fail('its server is not a master');
    if (this.shard.replica === undefined) return;
    if (replica.isMaster) fail('both of its servers are masters');
    if (!replica.isConnected || !master.isConnected) fail('its replica is not in sync');
  }
}
