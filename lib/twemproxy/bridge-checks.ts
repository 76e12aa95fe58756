// What no bridge can be made of.

import { type Construct } from 'constructs';
import { checkImage, checkMemoryFor, checkOneOf, checkPort, checkWhole, refuse } from '../common/prop-errors';
import { checkSecretKey } from '../common/secret-key';
import { checkOldUser } from '../migration/old-user';
import { type Bridge } from './bridge';
import { DEFAULT_BRIDGE_IMAGE } from './bridge-options';

/** From here on the kernel takes the ports of clients; one of them could take a listener's place. */
const FIRST_CLIENT_PORT = 32_768;

/** HAProxy takes 16 with a single listener. */
const LEAST_MEBIBYTES = 32;

/** Refuses what would not start, or would lead two shards to one server. */
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
  if (last >= FIRST_CLIENT_PORT) {
    const span = `${shards.length} shards from port ${firstPort} on end at ${last}`;
    refuse(scope, `bridge: ${span}; use a firstPort of at most ${FIRST_CLIENT_PORT - shards.length}`);
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
        `the old server of shard ${ordinal} is the socket ${oldAddress}; write host:port, pods cannot reach it`,
      );
    }
    for (const address of [oldAddress, newAddress]) {
      const twin = seen.get(address);
      if (twin !== undefined)
        refuse(scope, `shards ${twin} and ${ordinal} are both at ${address}; give each its own server`);
      seen.set(address, ordinal);
    }
  }
}
