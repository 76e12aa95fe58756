// The checks of a proxy on shards that it reaches without a bridge: before it starts, that all of them are masters; afterwards,
// that it reaches at least one of them.

import { k8s } from 'cdk8s-plus-27';
import { RESTRICTED, SCRIPT_RESOURCES } from '../common/pod-options';
import { script } from '../common/scripts';
import { type Bridge } from './bridge';
import { secretPath, type ServedPool } from './proxy-pool';

/** A shard that nutcracker connects to without a bridge. */
export interface DirectShard {
  /** `host:port`. */
  readonly address: string;
  /** The path of its password under /run/passwords, if it has one. */
  readonly secret?: string;
}

/** The shards of Redis pools, without duplicates and without Unix sockets. */
export function directShards(pools: readonly ServedPool[], bridge?: Bridge): DirectShard[] {
  const bridged = new Set(bridge?._listenAddresses);
  const shards = pools.flatMap(({ pool, password }) =>
    pool.redis ? pool.servers.map(({ address }) => ({ address, secret: password && secretPath(password) })) : [],
  );
  const direct = shards.filter(({ address }) => !address.startsWith('/') && !bridged.has(address));
  return [...new Map(direct.map((shard) => [`${shard.address} ${String(shard.secret)}`, shard])).values()];
}

/** The list of shards and the scripts that query them. */
export function directShardsData(shards: readonly DirectShard[]): Record<string, string> {
  if (shards.length === 0) return {};
  const lines = shards.map(({ address, secret = '-' }) => `${address} ${secret}\n`);
  const scripts = ['query.sh', 'await-masters.sh', 'reach.sh'].map((name) => [name, script(name)]);
  return { shards: lines.join(''), ...(Object.fromEntries(scripts) as Record<string, string>) };
}

/** The init container that delays a proxy while a shard is a replica. */
export function awaitMasters(
  { image, imagePullPolicy }: { readonly image: string; readonly imagePullPolicy?: string },
  volumeMounts: k8s.VolumeMount[],
): k8s.Container {
  return {
    name: 'await-masters',
    image,
    imagePullPolicy,
    command: ['sh', '/etc/nutcracker/await-masters.sh'],
    securityContext: RESTRICTED,
    resources: SCRIPT_RESOURCES,
    volumeMounts,
  };
}

/** Checks that nutcracker accepts clients on the port and reaches a shard. */
export function reachProbe(port: number): k8s.Probe {
  return {
    exec: { command: ['sh', '/etc/nutcracker/reach.sh', String(port)] },
    // Usually only reads the list of open connections; if no shard replies, each attempt takes a second.
    periodSeconds: 5,
    timeoutSeconds: 10,
  };
}
