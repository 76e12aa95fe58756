// The routes of a ShardBridge, read back from its synthesized files.

import {
  type BridgeFiles,
  type BridgeListener,
  refusePlainChecks,
  refuseServices,
  singleServerListeners,
} from './haproxy-file';
import { tlsSettings } from './shard-bridge-config';

/**
 * The listeners, by address. With `tls`, throws if a server, or the check of one, which sends the password, is reached without TLS, or
 * without a proof that it is this shard.
 */
export function readShardBridge(files: BridgeFiles, tls: boolean): Map<string, BridgeListener> {
  refuseServices(files);
  const listeners = new Map<string, BridgeListener>();
  for (const { name, bind, line, where, address, settings, state, server } of singleServerListeners(files)) {
    const wanted = tls ? tlsSettings(address) : '';
    if (settings.join(' ').replace(/^resolvers cluster ?/, '') !== wanted)
      throw new Error(`${where} must have a server with the settings "${wanted}", and no others`);
    if (state?.usesTls !== tls)
      throw new Error(`${where}: stopped-servers must turn TLS of its server ${tls ? 'on' : 'off'} (srv_use_ssl)`);
    listeners.set(bind, { name, bind, servers: [server], line });
  }
  if (tls) refusePlainChecks(files);
  return listeners;
}
