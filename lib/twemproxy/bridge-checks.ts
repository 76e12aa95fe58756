// Checks of the bridge's options.

import { type Construct } from 'constructs';
import { checkImage, checkMemoryFor, checkOneOf, checkPort, checkWhole, refuse } from '../common/prop-errors';
import { checkSecretKey } from '../common/secret-key';
import { type Bridge } from './bridge';
import { DEFAULT_BRIDGE_IMAGE } from './bridge-options';

/** The start of the ephemeral port range: a connection from a port in it could block a listener. */
const FIRST_EPHEMERAL_PORT = 32_768;

/** HAProxy takes 16 with a single listener. */
const LEAST_MEBIBYTES = 32;

/** Refuses a bridge that would not start, or that would route two shards to the same server. */
export function checkBridge(scope: Construct, bridge: Bridge): void {
  const { options, firstPort, healthPort, _shardCount: shards, _portCount: ports } = bridge;
  checkMemoryFor(scope, 'bridge.memory', options.memory, LEAST_MEBIBYTES);
  checkImage(scope, 'bridge.image', options.image ?? DEFAULT_BRIDGE_IMAGE);
  checkOneOf(scope, 'bridge.imagePullPolicy', options.imagePullPolicy, ['Always', 'IfNotPresent', 'Never']);
  checkWhole(scope, 'bridge.checkInterval in milliseconds', options.checkInterval?.toMilliseconds() ?? 100, 20, 2000);
  checkPort(scope, 'bridge.firstPort', firstPort);
  checkPort(scope, 'bridge.healthPort', healthPort);
  checkSecretKey(scope, 'password of the bridge', bridge.password);
  const last = firstPort + ports - 1;
  if (last >= FIRST_EPHEMERAL_PORT) {
    const used = `the ports of ${shards} shards are ${firstPort} to ${last}`;
    refuse(scope, `bridge: ${used}; use a firstPort of at most ${FIRST_EPHEMERAL_PORT - ports}`);
  }
  if (healthPort >= firstPort && healthPort <= last) {
    refuse(scope, `bridge.healthPort is ${healthPort}, a port of the shards (${firstPort} to ${last}); change one`);
  }
  bridge._check(scope);
}
