// What a proxy asks the shards to which no bridge routes: whether all of them are masters, before it starts, and whether it
// reaches any of them, from then on.

import { k8s } from 'cdk8s-plus-27';
import { RESTRICTED, SCRIPT_RESOURCES } from '../common/pod-options';
import { script } from '../common/scripts';
import { type Bridge } from './bridge';
import { secretPath, type ServedPool } from './proxy-pool';

/** A shard that nutcracker connects to itself. */
export interface DirectShard {
  /** `host:port`. */
  readonly address: string;
  /** Where its password stands under /run/passwords, if it has one. */
  readonly secret?: string;
}

/** The shards of pools that speak Redis, each once. A socket in the pod is none of them. */
export function directShards(pools: readonly ServedPool[], bridge?: Bridge): DirectShard[] {
  const bridged = new Set(bridge?.shards.map(({ newAddress }) => bridge.listenAddressOf(newAddress)));
  const shards = pools.flatMap(({ pool, password }) =>
    pool.redis ? pool.servers.map(({ address }) => ({ address, secret: password && secretPath(password) })) : [],
  );
  const direct = shards.filter(({ address }) => !address.startsWith('/') && !bridged.has(address));
  return [...new Map(direct.map((shard) => [`${shard.address} ${String(shard.secret)}`, shard])).values()];
}

/** The files with which they are asked. */
export function directShardsData(shards: readonly DirectShard[]): Record<string, string> {
  if (shards.length === 0) return {};
  const lines = shards.map(({ address, secret = '-' }) => `${address} ${secret}\n`);
  const scripts = ['ask.sh', 'await-masters.sh', 'reach.sh'].map((name) => [name, script(name)]);
  return { shards: lines.join(''), ...(Object.fromEntries(scripts) as Record<string, string>) };
}

/** The init container that holds a proxy back while a shard is a replica. */
export function mastersAwaiter(
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

/** Whether nutcracker takes clients at its port, and reaches a shard. */
export function reachProbe(port: number): k8s.Probe {
  return {
    exec: { command: ['sh', '/etc/nutcracker/reach.sh', String(port)] },
    // It takes a look at the connections that are open, and the longest if no shard answers: a second for each that is tried.
    periodSeconds: 5,
    timeoutSeconds: 10,
  };
}
