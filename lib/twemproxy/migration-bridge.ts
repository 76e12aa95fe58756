// The bridge between a proxy and the two servers of each shard during a migration.

import { isIP } from 'node:net';
import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { refuse } from '../common/prop-errors';
import { secretEnv, type SecretKey } from '../common/secret-key';
import { checkOldUser, type OldUser, oldUserEnv } from '../migration/old-user';
import { checkArguments } from '../nutcracker/checked-arguments';
import { Bridge } from './bridge';
import { type BridgeOptions } from './bridge-options';
import { caFiles, NO_FILES, oldServerFiles, type SecretFiles, together } from '../tls/tls-files';
import { checkOldTls } from '../tls/tls-checks';
import { type OldServerTls } from '../tls/tls-options';
import {
  checkTiming,
  haproxyConfig,
  type MigrationRoutes,
  type MigrationTrust,
  migrationTrust,
  stoppedServers,
} from './migration-bridge-config';

/** The two servers of a shard. */
export interface BridgedShard {
  /** `host:port` of the new server. */
  readonly newAddress: string;

  /** `host:port` of the old server. */
  readonly oldAddress: string;
}

/**
 * Routes each shard to its master, which is either its old or its new server. A `FleetMigration` creates it; pass it to a
 * `TwemproxyLayer`.
 */
export class MigrationBridge extends Bridge {
  /** The shards, by ordinal. */
  readonly shards: BridgedShard[];
  /** @internal */
  readonly _statesApart = false;

  /**
   * @param shards the shards, by ordinal
   * @param options the options of the bridge
   * @param password the password of all servers, for the health checks
   * @param oldUser the user for the health checks of the old servers, if not the default user
   * @param oldTls the TLS of the old servers, if they have TLS
   * @param caSecretName a Secret with `ca.crt`, the authorities of the new servers, if they are connected to by TLS
   */
  constructor(
    shards: BridgedShard[],
    options: BridgeOptions = {},
    password?: SecretKey,
    readonly oldUser?: OldUser,
    readonly oldTls?: OldServerTls,
    readonly caSecretName?: string,
  ) {
    checkArguments('new MigrationBridge', shards, options, password, oldUser, oldTls, caSecretName);
    super(
      shards.map(({ newAddress }) => newAddress),
      shards.flatMap(({ newAddress, oldAddress }) => [newAddress, oldAddress]),
      options,
      password,
    );
    this.shards = [...shards];
  }

  /** @internal */
  _haproxyConfig(listenAddress: string): string {
    return haproxyConfig(this.routes, listenAddress);
  }

  /** @internal */
  _stoppedServers(): string {
    return stoppedServers(this.routes);
  }

  /** @internal */
  _passwords(): k8s.EnvVar[] {
    return [...secretEnv('REDIS_PASSWORD', this.password), ...oldUserEnv(this.oldUser)];
  }

  /** @internal */
  override _files(): SecretFiles {
    const { oldTls, caSecretName } = this;
    return together(
      caSecretName === undefined ? NO_FILES : caFiles(caSecretName),
      oldTls ? oldServerFiles(oldTls) : NO_FILES,
    );
  }

  /**
   * Which servers have TLS.
   * @internal
   */
  get _trust(): MigrationTrust {
    return migrationTrust(this.caSecretName !== undefined, this.oldTls);
  }

  private get routes(): MigrationRoutes {
    const { shards, firstPort, healthPort, options, password, oldUser, _trust: trust } = this;
    return { shards, firstPort, healthPort, options, password, oldUser, trust };
  }

  /**
   * The memory of HAProxy itself, plus the checks and connections of each shard (bench/proxy.md). A third of a CPU is for 70,000 small
   * requests a second; each check of a shard takes a tenth of a millisecond, and 0.7 more for each server with TLS.
   * @internal
   */
  _requests(): { readonly mebibytes: number; readonly millicores: number } {
    const withTls = [this.oldTls, this.caSecretName].filter((it) => it !== undefined).length;
    const ofShard = 0.4 + (95 + 690 * withTls) / checkTiming(this).inter;
    return {
      mebibytes: 64 + 8 * Math.round((this.shards.length * 0.6) / 8),
      millicores: 10 * Math.ceil((350 + this.shards.length * ofShard) / 10),
    };
  }

  /**
   * Refuses to route two shards to the same server.
   * @internal
   */
  _check(scope: Construct): void {
    checkOldUser(scope, 'oldUser', this.oldUser);
    checkOldTls(scope, this.oldTls);
    this.checkNames(scope);
    const seen = new Map<string, number>();
    for (const [ordinal, { oldAddress, newAddress }] of this.shards.entries()) {
      if (oldAddress.startsWith('/')) {
        refuse(
          scope,
          `the old server of shard ${ordinal} is the socket ${oldAddress}, which pods cannot reach; write host:port`,
        );
      }
      for (const address of [oldAddress, newAddress]) {
        const other = seen.get(address);
        if (other !== undefined)
          refuse(scope, `shards ${other} and ${ordinal} are both at ${address}; give each its own server`);
        seen.set(address, ordinal);
      }
    }
  }

  /** HAProxy compares the names in a certificate, not its IP addresses. */
  private checkNames(scope: Construct): void {
    if (this.oldTls === undefined || this.oldTls.serverName !== undefined) return;
    const ip = this.shards.findIndex(({ oldAddress }) => isIP(oldAddress.slice(0, oldAddress.lastIndexOf(':'))) !== 0);
    if (ip < 0) return;
    const what = `the old server of shard ${ip} is ${this.shards[ip].oldAddress}, and HAProxy verifies no IP address`;
    refuse(scope, `${what}; set oldTls.serverName to the name in the certificates of the old servers`);
  }
}
