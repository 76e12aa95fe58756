// Checks of the bridge's options.

import { type Construct } from 'constructs';
import { checkImage, checkMemoryFor, checkOneOf, checkPort, checkWhole, refuse } from '../common/prop-errors';
import { checkSecretKey } from '../common/secret-key';
import { checkOldUser } from '../migration/old-user';
import { type Bridge } from './bridge';
import { DEFAULT_BRIDGE_IMAGE } from './bridge-options';

/** The start of the ephemeral port range: a connection from a port in it could block a listener. */
const FIRST_EPHEMERAL_PORT = 32_768;

/** HAProxy takes 16 with a single listener. */
const LEAST_MEBIBYTES = 32;

/** Refuses a bridge that would not start, or that would route two shards to the same server. */
export function checkBridge(scope: Construct, bridge: Bridge): void {
  const { options, shards, firstPort } = bridge;
  checkMemoryFor(scope, 'bridge.memory', options.memory, LEAST_MEBIBYTES);
  checkImage(scope, 'bridge.image', options.image ?? DEFAULT_BRIDGE_IMAGE);
  checkOneOf(scope, 'bridge.imagePullPolicy', options.imagePullPolicy, ['Always', 'IfNotPresent', 'Never']);
  checkWhole(scope, 'bridge.checkInterval in milliseconds', options.checkInterval?.toMilliseconds() ?? 100, 20, 2000);
  checkPort(scope, 'bridge.firstPort', firstPort);
  checkPort(scope, 'bridge.healthPort', bridge.healthPort);
  checkSecretKey(scope, 'password of the bridge', bridge.password);
  checkOldUser(scope, 'oldUser', bridge.oldUser);
  const last = firstPort + shards.length - 1;
  if (last >= FIRST_EPHEMERAL_PORT) {
    const ports = `the ports of ${shards.length} shards are ${firstPort} to ${last}`;
    refuse(scope, `bridge: ${ports}; use a firstPort of at most ${FIRST_EPHEMERAL_PORT - shards.length}`);
  }
  if (bridge.healthPort >= firstPort && bridge.healthPort <= last) {
    refuse(
      scope,
      `bridge.healthPort is ${bridge.healthPort}, a port of the shards (${firstPort} to ${last}); change one`,
    );
  }
  checkAddresses(scope, bridge);
}

function checkAddresses(scope: Construct, { shards }: Bridge): void {
  const seen = new Map<string, number>();
  for (const [ordinal, { oldAddress, newAddress }] of shards.entries()) {
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
