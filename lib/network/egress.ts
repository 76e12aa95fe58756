// The egress rules of a fleet's pods.

import * as net from 'node:net';
import { type k8s } from 'cdk8s-plus-27';
import { NetworkPeer } from '../network-peer';
import { type RedisSentinels } from '../redis-sentinels';
import { type RedisStatefulSet } from '../redis-stateful-set';
import { DNS } from './dns';

/**
 * Rules for name servers, and for servers at `host:port`: shards by pod labels, since a policy does not match a Service; others
 * by IP address, or by port if they are listed by name.
 */
export function egressTo(
  servers: readonly string[],
  redis: RedisStatefulSet,
  sentinels: RedisSentinels | undefined,
  networksOfNames: readonly string[],
): k8s.NetworkPolicyEgressRule[] {
  const rules = [DNS];
  const pods = podsBehind(redis, sentinels);
  for (const { addresses, selector, ports } of pods) {
    if (!servers.some((address) => addresses.includes(address))) continue;
    rules.push(...NetworkPeer._egress([NetworkPeer.pods(selector)], ports));
  }
  const known = new Set(pods.flatMap(({ addresses }) => addresses));
  const others = servers.filter((address) => !known.has(address)).map(hostAndPort);
  for (const port of portsOf(others.filter(({ host }) => net.isIP(host) !== 0))) {
    const hosts = others.filter((other) => other.port === port && net.isIP(other.host) !== 0);
    const peers = [...new Set(hosts.map(({ host }) => host))].map(addressPeer);
    rules.push(...NetworkPeer._egress(peers, [port]));
  }
  const ports = portsOf(others.filter(({ host }) => net.isIP(host) === 0));
  const networks = networksOfNames.map((network) => NetworkPeer.cidr(network));
  if (ports.length > 0) {
    rules.push(...NetworkPeer._egress(networks.length > 0 ? networks : [NetworkPeer.anyone()], ports));
  }
  return rules;
}

interface Pods {
  readonly addresses: readonly string[];
  readonly selector: { [key: string]: string };
  readonly ports: number[];
}

/** The pods of a fleet behind Services. */
function podsBehind(redis: RedisStatefulSet, sentinels?: RedisSentinels): Pods[] {
  const { replicaPodSelector } = redis;
  return [
    { addresses: redis.addresses, selector: redis.podSelector, ports: redis.openPorts },
    ...(replicaPodSelector
      ? [{ addresses: redis.replicaAddresses, selector: replicaPodSelector, ports: redis.openReplicaPorts }]
      : []),
    ...(sentinels
      ? [{ addresses: sentinels.addresses, selector: sentinels.podSelector, ports: sentinels.openPorts }]
      : []),
  ];
}

/** A single IP address. */
export function addressPeer(host: string): NetworkPeer {
  return NetworkPeer.cidr(`${host}/${net.isIPv6(host) ? 128 : 32}`);
}

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** Splits `host:port`. */
export function hostAndPort(address: string): HostAndPort {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

function portsOf(servers: readonly HostAndPort[]): number[] {
  return [...new Set(servers.map(({ port }) => port))].sort((a, b) => a - b);
}
