// The routes of a migration's bridge, read back from its synthesized files.

import {
  type BridgeFiles,
  type BridgeListener,
  type Line,
  refusePlainChecks,
  refuseServices,
  sectionsOf,
  type StateOfServer,
  statesOf,
  valueOf,
} from './haproxy-file';
import { type MigrationTrust } from './migration-bridge-config';
import { tlsSettings } from './shard-bridge-config';

/**
 * The listeners, by address. Throws if two listeners have the same address, or if the servers of one are not as expected: also if one with
 * TLS, or its check, is reached without, or without a proof that it is this server.
 */
export function readBridge(files: BridgeFiles, trust: MigrationTrust = {}): Map<string, BridgeListener> {
  const { cfg, stopped, cfgName } = files;
  refuseServices(files);
  if (trust.new ?? trust.old) refusePlainChecks(files);
  const listeners = new Map<string, BridgeListener>();
  const states = statesOf(stopped);
  const checked = checkOnlyServers(files, trust, states);
  for (const [header, ...lines] of sectionsOf(cfg, 'listen')) {
    const name = header.words[1];
    const bind = valueOf(lines, 'bind');
    const servers = lines.filter(({ words }) => words[0] === 'server');
    const where = `${cfgName}:${header.line}: listener ${name}`;
    if (bind === undefined || listeners.has(bind))
      throw new Error(`${where} must have one bind line, with an address that no other listener has`);
    if (servers.map(({ words }) => `${words[1]} ${words.includes('backup')}`).join() !== 'new false,old true') {
      throw new Error(`${where} must have a server "new" and, as backup, a server "old"`);
    }
    for (const server of servers) checkTls(where, server, trust, states.get(`${name} ${server.words[1]}`));
    const [newAddress, oldAddress] = servers.map(({ words: [, server, address] }) => {
      const port = states.get(`${name} ${server}`)?.port ?? 'no port in stopped-servers';
      return `${address.slice(0, address.lastIndexOf(':'))}:${port}`;
    });
    const tracked = servers[1].words[servers[1].words.indexOf('track') + 1];
    if (servers[1].words.includes('track') && checked.get(tracked) !== servers[1].words[2]) {
      throw new Error(`${where} tracks ${tracked}, which does not have the address of its old server`);
    }
    listeners.set(bind, { name, bind, servers: [newAddress, oldAddress], line: header.line });
  }
  return listeners;
}

/** The addresses of the servers that are only for health checks, by `proxy/server`. */
function checkOnlyServers(
  { cfg, cfgName }: BridgeFiles,
  trust: MigrationTrust,
  states: ReadonlyMap<string, StateOfServer>,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const [header, ...lines] of sectionsOf(cfg, 'backend')) {
    for (const line of lines.filter(({ words }) => words[0] === 'server')) {
      const [, name, address] = line.words;
      const proxy = header.words[1];
      checkTls(`${cfgName}:${line.line}: backend ${proxy}`, line, trust, states.get(`${proxy} ${name}`));
      found.set(`${proxy}/${name}`, address);
    }
  }
  return found;
}

const ABOUT_TLS = /\b(ssl|verify|verifyhost|sni|crt|ca-file)\b/;

/** Each side has TLS or not; the state file could also turn it off. */
function checkTls(where: string, { words }: Line, trust: MigrationTrust, state?: StateOfServer): void {
  const [, name, address, ...settings] = words;
  const side = name === 'new' ? trust.new : trust.old;
  const wanted = side ? tlsSettings(address, side) : '';
  const found = settings.join(' ').replace(/^resolvers cluster ?/, '');
  if (!found.startsWith(wanted) || ABOUT_TLS.test(found.slice(wanted.length)))
    throw new Error(
      `${where} must have a server ${name} with ${wanted || 'no settings of TLS'}, and no others about TLS`,
    );
  if (state !== undefined && state.usesTls !== (side !== undefined))
    throw new Error(
      `${where}: stopped-servers must turn TLS of its server ${name} ${side ? 'on' : 'off'} (srv_use_ssl)`,
    );
}
