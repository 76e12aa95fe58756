// Checks of the servers of a bridge with replicas.

import { type Construct } from 'constructs';
import { checkOneOf, refuse } from '../common/prop-errors';
import { RING_USERS } from '../reshard/reshard-plan';
import { type FailoverRoutes, LOGIN_USER } from './failover-bridge-listeners';
import { MOST_WITNESSES } from './ring-front';

/** With it, a server that is cut off with the bridge loses its clients within 2.6 seconds; Sentinel waits for 3 seconds. */
const LONGEST_INTERVAL_MS = 500;

/** Refuses servers and Sentinels that cannot be told apart, or that pods cannot reach. */
export function checkFailover(scope: Construct, routes: FailoverRoutes): void {
  const { shards, sentinels, options, users, witnesses, password } = routes;
  const interval = options.checkInterval?.toMilliseconds() ?? 0;
  if (interval > LONGEST_INTERVAL_MS) {
    const why = 'a master that was cut off must lose its clients before Sentinel replaces it';
    refuse(scope, `bridge.checkInterval is ${interval} milliseconds, but ${why}; use at most ${LONGEST_INTERVAL_MS}`);
  }
  if (sentinels.length < 3 || sentinels.length % 2 === 0) {
    const why = 'most of them must agree, also when one is down';
    refuse(scope, `bridge: there are ${sentinels.length} sentinels, and ${why}; list 3, or 5`);
  }
  for (const user of users) checkOneOf(scope, 'bridge.ringUsers', user, RING_USERS);
  if (users.length === 0 || new Set(users).size < users.length)
    refuse(scope, `bridge.ringUsers is [${users.join(', ')}]; list each user once`);
  if (password === undefined && (users.includes(LOGIN_USER) || witnesses.length > 0))
    refuse(scope, 'bridge: there is no password, and nutcracker logs in as the user of a ring with one; set it');
  if (witnesses.length > MOST_WITNESSES)
    refuse(scope, `bridge.ringWitnesses has ${witnesses.length} servers; list at most ${MOST_WITNESSES}`);
  const seen = new Map<string, string>();
  const claim = (owner: string, address: string): void => {
    checkAddress(scope, owner, address);
    const other = seen.get(address);
    if (other !== undefined) refuse(scope, `bridge: ${other} and ${owner} are both at ${address}; give each its own`);
    seen.set(address, owner);
  };
  for (const [n, shard] of shards.entries()) {
    const { a, b, otherPortOfA = portOf(a), otherPortOfB = portOf(b) } = shard;
    claim(`server a of shard ${n}`, a);
    claim(`server b of shard ${n}`, b);
    const ofA = [portOf(a), String(otherPortOfA)];
    if (ofA.includes(portOf(b)) || ofA.includes(String(otherPortOfB))) {
      const why = 'the port tells them apart in the replies of Redis and Sentinel';
      refuse(scope, `bridge: the servers of shard ${n} are ${a} and ${b}, but ${why}; give b another port`);
    }
  }
  for (const [i, address] of sentinels.entries()) claim(`Sentinel ${i}`, address);
}

function checkAddress(scope: Construct, owner: string, address: string): void {
  const port = portOf(address);
  const isPort = /^[1-9]\d*$/.test(port) && Number(port) <= 65_535;
  if (!isPort || !/^[^\s/:]+:/.test(address)) {
    refuse(scope, `bridge: the address of ${owner} is ${JSON.stringify(address)}; write host:port`);
  }
}

function portOf(address: string): string {
  return address.slice(address.lastIndexOf(':') + 1);
}
