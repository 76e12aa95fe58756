// The pools that the proxies serve, and nutcracker.yml for their ConfigMap.

import { type Construct } from 'constructs';
import { refuse } from '../common/prop-errors';
import { script } from '../common/scripts';
import { checkSecretKey, DEFAULT_SECRET_KEY, type SecretKey } from '../common/secret-key';
import { NutcrackerConfig, NutcrackerPool } from '../nutcracker';
import { type RingUser } from '../reshard/reshard-plan';
import { type Bridge } from './bridge';

/** A pool that the proxies serve. */
export interface ProxyPool {
  /** The ring and the settings: the pool of the old fleet, or one of your own. */
  readonly pool: NutcrackerPool;

  /**
   * `host:port` of the shards, in the order of the servers in the pool.
   * @default - the addresses in the pool
   */
  readonly addresses?: string[];

  /**
   * The password of the proxies and of the shards.
   * @default - none
   */
  readonly password?: SecretKey;

  /**
   * The port on which the proxies serve the pool.
   * @default - the port that the pool listens on
   */
  readonly port?: number;
}

/** A pool with all defaults applied. */
export interface ServedPool {
  readonly pool: NutcrackerPool;
  readonly port: number;
  /** The name of its port in the pod and in the Service. */
  readonly portName: string;
  readonly password?: SecretKey;
}

/** The placeholder of a password, followed by its path under /run/passwords; render.sh replaces it. */
const FROM_SECRET = 'from-secret/';

/** The path of a password under /run/passwords. */
export function secretPath(password: SecretKey): string {
  return `${password.name}/${password.key ?? DEFAULT_SECRET_KEY}`;
}

/** The settings that all pools share. */
export interface CommonPoolSettings {
  readonly listenAddress: string;
  readonly bridge?: Bridge;
  /** The user as which nutcracker logs in. */
  readonly user: RingUser;
  /** Whether pools keep `auto_eject_hosts: true`. */
  readonly ejectHosts?: boolean;
}

/** The pools with the addresses of the shards or of the bridge. */
export function proxyPools(scope: Construct, pools: ProxyPool[], common: CommonPoolSettings): ServedPool[] {
  const { listenAddress, bridge, user, ejectHosts = false } = common;
  return pools.map(({ pool, addresses, password, port = portOf(scope, pool) }, i) => {
    const { name, servers, redisAuth } = pool;
    checkSecretKey(scope, `password of pool ${name}`, password);
    if (addresses !== undefined && addresses.length !== servers.length) {
      const counts = `${servers.length} servers but ${addresses.length} addresses`;
      refuse(scope, `pool ${name} has ${counts}; give one address for each server`);
    }
    if (redisAuth !== undefined && password === undefined) {
      refuse(scope, `pool ${name} has a redis_auth, but no password; set password to its Secret`);
    }
    const places = bridge ? (addresses ?? servers.map(({ address }) => address)).map(through(bridge, user)) : addresses;
    const { redisAuth: _password, ...settings } = places === undefined ? pool.settings : pool.movedTo(places).settings;
    return {
      pool: new NutcrackerPool({
        ...settings,
        // Ejection would write keys to the wrong shards.
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

function through(bridge: Bridge, user: RingUser): (address: string) => string {
  return (address) => bridge._listenAddressAs(user, address);
}

function portOf(scope: Construct, pool: NutcrackerPool): number {
  const port = pool.listen.startsWith('/') ? undefined : /:(\d+)$/.exec(pool.listen)?.[1];
  return port === undefined
    ? refuse(scope, `pool ${pool.name} listens on ${pool.listen}; set the port of the proxies`)
    : Number(port);
}

/** A client-side apply copies the object into an annotation; annotations are limited to 262,144 bytes in total. */
const LARGEST_CONFIG = 250_000;

/** The name of the configuration with the next ring, during a change. */
export const NEXT_CONFIG = 'nutcracker-b';

/** The files of the ConfigMap: nutcracker.yml, its script, the next ring if there is one, and the files in `more`. */
export function proxyConfigData(
  scope: Construct,
  pools: ServedPool[],
  more: Record<string, string>,
  next?: ServedPool,
): Record<string, string> {
  const yaml = (served: ServedPool[]): string => NutcrackerConfig.of(served.map(({ pool }) => pool)).toYaml();
  const data = {
    'nutcracker.yml': yaml(pools),
    ...(next && { [`${NEXT_CONFIG}.yml`]: yaml([next]) }),
    'render.sh': script('render.sh'),
    ...more,
  };
  const bytes = Object.values(data).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > LARGEST_CONFIG) {
    const size = `nutcracker.yml and its scripts have ${bytes} bytes, but kubectl apply takes at most ${LARGEST_CONFIG}`;
    refuse(scope, `${size}; shorten the names of the servers, or split the pools over several TwemproxyLayers`);
  }
  return data;
}
