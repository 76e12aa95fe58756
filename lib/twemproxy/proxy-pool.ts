// A pool as the proxies serve it, and nutcracker.yml as their ConfigMap holds it.

import { type Construct } from 'constructs';
import { refuse } from '../common/prop-errors';
import { script } from '../common/scripts';
import { checkSecretKey, DEFAULT_SECRET_KEY, type SecretKey } from '../common/secret-key';
import { NutcrackerConfig, NutcrackerPool } from '../nutcracker';
import { type Bridge } from './bridge';

/** A pool as the proxies serve it. */
export interface ProxyPool {
  /** The ring and the settings: the pool of the old fleet, or one of your own. */
  readonly pool: NutcrackerPool;

  /**
   * `host:port` of the shards; the server that stands first in the pool is found at the first.
   * @default - the addresses in the pool
   */
  readonly addresses?: string[];

  /**
   * The password that clients give to the proxies, and the proxies to the shards.
   * @default - none
   */
  readonly password?: SecretKey;

  /**
   * The port on which the proxies serve the pool.
   * @default - the port that the pool listens on
   */
  readonly port?: number;
}

/** A pool with everything decided. */
export interface ServedPool {
  readonly pool: NutcrackerPool;
  readonly port: number;
  /** The name of its port in the pod and in the Service. */
  readonly portName: string;
  readonly password?: SecretKey;
}

/** What stands in the place of a password, before its path under /run/passwords; render.sh knows it. */
const FROM_SECRET = 'from-secret/';

/** Where a password stands under /run/passwords. */
export function secretPath(password: SecretKey): string {
  return `${password.name}/${password.key ?? DEFAULT_SECRET_KEY}`;
}

/** What is decided for all pools of the proxies. */
export interface PoolWiring {
  readonly listenAddress: string;
  readonly bridge?: Bridge;
  /** Whether a pool that ejects hosts goes on doing so. */
  readonly ejectHosts?: boolean;
}

/** The pools at the addresses of the shards, or of the bridge to them, listening on every address of the pod. */
export function proxyPools(scope: Construct, pools: ProxyPool[], wiring: PoolWiring): ServedPool[] {
  const { listenAddress, bridge, ejectHosts = false } = wiring;
  return pools.map(({ pool, addresses, password, port = portOf(scope, pool) }, i) => {
    const { name, servers, redisAuth } = pool;
    checkSecretKey(scope, `password of pool ${name}`, password);
    if (addresses !== undefined && addresses.length !== servers.length) {
      const counts = `${servers.length} servers and ${addresses.length} addresses`;
      refuse(scope, `pool ${name} has ${counts}; give each server the address of its shard`);
    }
    if (redisAuth !== undefined && password === undefined) {
      refuse(scope, `pool ${name} has a redis_auth, but no password; name the Secret that holds it`);
    }
    const places = bridge ? (addresses ?? servers.map(({ address }) => address)).map(through(bridge)) : addresses;
    const { redisAuth: _password, ...settings } = places === undefined ? pool.settings : pool.movedTo(places).settings;
    return {
      pool: new NutcrackerPool({
        ...settings,
        // No part of the ring, but it has keys written to shards that are not theirs.
        ...(pool.autoEjectHosts && !ejectHosts && { autoEjectHosts: false }),
        listen: `${listenAddress}:${port}`,
        ...(password && { redisAuth: `${FROM_SECRET}${secretPath(password)}` }),
      }),
      port,
      portName: i === 0 ? 'proxy' : `proxy-${i}`,
      password,
    };
  });
}

function through(bridge: Bridge): (address: string) => string {
  return (address) => bridge.listenAddressOf(address);
}

function portOf(scope: Construct, pool: NutcrackerPool): number {
  const port = pool.listen.startsWith('/') ? undefined : /:(\d+)$/.exec(pool.listen)?.[1];
  return port === undefined
    ? refuse(scope, `pool ${pool.name} listens on ${pool.listen}; name the port of the proxies in a prop`)
    : Number(port);
}

/** A client-side apply copies the object into an annotation, and these have 262,144 bytes; the rest has to fit as well. */
const LARGEST_CONFIG = 250_000;

/** The configuration and its script, by file name, with what else the ConfigMap is to hold. */
export function proxyConfigData(
  scope: Construct,
  pools: ServedPool[],
  more: Record<string, string>,
): Record<string, string> {
  const yaml = NutcrackerConfig.of(pools.map(({ pool }) => pool)).toYaml();
  const data = { 'nutcracker.yml': yaml, 'render.sh': script('render.sh'), ...more };
  const bytes = Object.values(data).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > LARGEST_CONFIG) {
    const size = `nutcracker.yml and what goes with it have ${bytes} bytes, of which kubectl apply takes ${LARGEST_CONFIG}`;
    refuse(scope, `${size}; give the servers shorter names, or the pools to several TwemproxyLayers`);
  }
  return data;
}
