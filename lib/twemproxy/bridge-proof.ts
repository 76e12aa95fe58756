// The routes of the bridge, read back from its synthesized files.

/** The files of the bridge, and the name of haproxy.cfg for errors. */
export interface BridgeFiles {
  readonly cfg: string;
  readonly stopped: string;
  readonly cfgName: string;
}

/** A listener of the bridge. */
export interface BridgeListener {
  readonly name: string;
  /** `host:port` that it listens on. */
  readonly bind: string;
  /** `host:port` of its servers; undefined if there is none of that name. */
  readonly new?: string;
  readonly old?: string;
  /** Its line in haproxy.cfg. */
  readonly line: number;
}

/** The listeners, by address. Throws if two listeners have the same address, or if the servers of one are not as expected. */
export function readBridge({ cfg, stopped, cfgName }: BridgeFiles): Map<string, BridgeListener> {
  const listeners = new Map<string, BridgeListener>();
  const ports = statePorts(stopped);
  const checked = checkOnlyServers(cfg);
  for (const [header, ...lines] of sectionsOf(cfg)) {
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
      const port = ports.get(`${name} ${server}`) ?? 'no port in stopped-servers';
      return `${address.slice(0, address.lastIndexOf(':'))}:${port}`;
    });
    const tracked = servers[1].words[servers[1].words.indexOf('track') + 1];
    if (servers[1].words.includes('track') && checked.get(tracked) !== servers[1].words[2]) {
      throw new Error(`${where} tracks ${tracked}, which does not have the address of its old server`);
    }
    listeners.set(bind, { name, bind, new: newAddress, old: oldAddress, line: header.line });
  }
  return listeners;
}

interface Line {
  readonly words: string[];
  readonly line: number;
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

/** The lines of each section of the given kind. */
function sectionsOf(cfg: string, kind = 'listen'): Line[][] {
  const sections: Line[][] = [];
  for (const [i, text] of cfg.split('\n').entries()) {
    const words = text.trim().split(/\s+/);
    if (/^\S/.test(text)) sections.push([]);
    sections[sections.length - 1]?.push({ words, line: i + 1 });
  }
  return sections.filter(([{ words }]) => words[0] === kind);
}

/** The value of a keyword that appears exactly once. */
function valueOf(lines: Line[], keyword: string): string | undefined {
  const found = lines.filter(({ words }) => words[0] === keyword);
  return found.length === 1 ? found[0].words[1] : undefined;
}

/** The ports by listener and server. HAProxy takes them from the state file, not from haproxy.cfg. */
function statePorts(stopped: string): Map<string, string> {
  const states = stopped.split('\n').map((line) => line.split(' '));
  // If there are two lines for a server, HAProxy uses the first.
  return new Map(states.reverse().map((fields) => [`${fields[1]} ${fields[3]}`, fields[18]]));
}
