// The routes of a migration's bridge, read back from its synthesized files.

import { type BridgeFiles, type BridgeListener, refuseServices, sectionsOf, statesOf, valueOf } from './haproxy-file';

/** The listeners, by address. Throws if two listeners have the same address, or if the servers of one are not as expected. */
export function readBridge(files: BridgeFiles): Map<string, BridgeListener> {
  const { cfg, stopped, cfgName } = files;
  refuseServices(files);
  const listeners = new Map<string, BridgeListener>();
  const states = statesOf(stopped);
  const checked = checkOnlyServers(cfg);
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
function checkOnlyServers(cfg: string): Map<string, string> {
  return new Map(
    sectionsOf(cfg, 'backend').flatMap(([header, ...lines]) =>
      lines.flatMap(({ words: [keyword, name, address] }): [string, string][] =>
        keyword === 'server' ? [[`${header.words[1]}/${name}`, address]] : [],
      ),
    ),
  );
}
