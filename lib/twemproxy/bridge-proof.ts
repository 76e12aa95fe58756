// Where the bridge routes, read back from what was synthesized.

/** The files of the bridge, and what to call them in an error. */
export interface BridgeFiles {
  readonly cfg: string;
  readonly stopped: string;
  readonly cfgName: string;
}

/** One listener. */
export interface BridgeListener {
  readonly name: string;
  /** `host:port` on which a proxy finds it. */
  readonly bind: string;
  /** `host:port` of its servers; nothing if there is none of that name. */
  readonly new?: string;
  readonly old?: string;
  /** Its line in haproxy.cfg. */
  readonly line: number;
}

/** The listeners by the address on which they listen. Throws if two listen on one, or a server is not what is expected. */
export function readBridge({ cfg, stopped, cfgName }: BridgeFiles): Map<string, BridgeListener> {
  const listeners = new Map<string, BridgeListener>();
  const ports = statePorts(stopped);
  const asked = askedServers(cfg);
  for (const [at, ...lines] of blocks(cfg)) {
    const name = at.words[1];
    const bind = one(lines, 'bind');
    const servers = lines.filter(({ words }) => words[0] === 'server');
    const where = `${cfgName}:${at.line}: listener ${name}`;
    if (bind === undefined || listeners.has(bind)) throw new Error(`${where} has no address of its own`);
    if (servers.map(({ words }) => `${words[1]} ${words.includes('backup')}`).join() !== 'new false,old true') {
      throw new Error(`${where} must have a server "new" and, as backup, a server "old"`);
    }
    const [newAddress, oldAddress] = servers.map(({ words: [, server, address] }) => {
      const port = ports.get(`${name} ${server}`) ?? 'no port in stopped-servers';
      return `${address.slice(0, address.lastIndexOf(':'))}:${port}`;
    });
    const tracked = servers[1].words[servers[1].words.indexOf('track') + 1];
    if (servers[1].words.includes('track') && asked.get(tracked) !== servers[1].words[2]) {
      throw new Error(`${where} takes the role of its old server from ${tracked}, which is not at its address`);
    }
    listeners.set(bind, { name, bind, new: newAddress, old: oldAddress, line: at.line });
  }
  return listeners;
}

interface Line {
  readonly words: string[];
  readonly line: number;
}

/** The addresses of servers that are only asked for their role, by `proxy/server`. */
function askedServers(cfg: string): Map<string, string> {
  return new Map(
    blocks(cfg, 'backend').flatMap(([at, ...lines]) =>
      lines.flatMap(({ words: [keyword, name, address] }): [string, string][] =>
        keyword === 'server' ? [[`${at.words[1]}/${name}`, address]] : [],
      ),
    ),
  );
}

/** The sections of a kind, each as its lines. */
function blocks(cfg: string, kind = 'listen'): Line[][] {
  const sections: Line[][] = [];
  for (const [i, text] of cfg.split('\n').entries()) {
    const words = text.trim().split(/\s+/);
    if (/^\S/.test(text)) sections.push([]);
    sections[sections.length - 1]?.push({ words, line: i + 1 });
  }
  return sections.filter(([{ words }]) => words[0] === kind);
}

function one(lines: Line[], keyword: string): string | undefined {
  const found = lines.filter(({ words }) => words[0] === keyword);
  return found.length === 1 ? found[0].words[1] : undefined;
}

/** HAProxy takes the port of a server from the state file, whatever its configuration says: by listener and server. */
function statePorts(stopped: string): Map<string, string> {
  const states = stopped.split('\n').map((line) => line.split(' '));
  // Of two lines for one server, the first.
  return new Map(states.reverse().map((fields) => [`${fields[1]} ${fields[3]}`, fields[18]]));
}
