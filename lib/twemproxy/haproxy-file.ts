// Reads the synthesized files of a bridge back.

import { HEALTH_FRONTEND, METRICS_RULE } from './bridge-config';

/** The files of the bridge, and the name of haproxy.cfg for errors. */
export interface BridgeFiles {
  readonly cfg: string;
  readonly stopped: string;
  readonly cfgName: string;
}

/** A listener of a bridge. */
export interface BridgeListener {
  readonly name: string;
  /** `host:port` that it listens on. */
  readonly bind: string;
  /** `host:port` of its servers: two, or of a LoginBridge or ShardBridge one. */
  readonly servers: readonly string[];
  /** Its line in haproxy.cfg. */
  readonly line: number;
}

/** A line without its indentation. */
export interface Line {
  readonly text: string;
  readonly words: string[];
  readonly line: number;
}

/** The lines of each section of the given kind; the first one is the header. */
export function sectionsOf(cfg: string, kind: string): Line[][] {
  const sections: Line[][] = [];
  for (const [i, indented] of cfg.split('\n').entries()) {
    const text = indented.trim();
    if (/^\S/.test(indented)) sections.push([]);
    sections[sections.length - 1]?.push({ text, words: text.split(/\s+/), line: i + 1 });
  }
  return sections.filter(([{ words }]) => words[0] === kind);
}

/** The value of a keyword that appears exactly once. */
export function valueOf(lines: Line[], keyword: string): string | undefined {
  const found = lines.filter(({ words }) => words[0] === keyword);
  return found.length === 1 ? found[0].words[1] : undefined;
}

/**
 * Refuses every service of HAProxy but the metrics of the health endpoint: a service answers a client in place of a server. Without a
 * condition, it would also answer the probes of kubelet.
 */
export function refuseServices({ cfg, cfgName }: BridgeFiles): void {
  let section = '';
  for (const [i, indented] of cfg.split('\n').entries()) {
    const text = indented.trim();
    if (/^[a-z]/.test(indented)) section = text.split(/\s+/, 2).join(' ');
    if (!/\buse-service\b/.test(text) || text.startsWith('#')) continue;
    if (section === HEALTH_FRONTEND && text === METRICS_RULE) continue;
    throw new Error(`${cfgName}:${i + 1}: ${section} has "${text}"; only ${HEALTH_FRONTEND} may have: ${METRICS_RULE}`);
  }
}

/**
 * Refuses lines with which a check connects without TLS to a server that has TLS.
 *
 * @param toItself how HAProxy asks a frontend of its own
 */
export function refusePlainChecks({ cfg, cfgName }: BridgeFiles, toItself = /^$/): void {
  const plain = cfg.split('\n').findIndex((line) => {
    return /^\s*(tcp-check\s+connect|no-check-ssl)/.test(line) && !toItself.test(line.trim());
  });
  if (plain >= 0) throw new Error(`${cfgName}:${plain + 1}: no check may have a connection of its own`);
}

/** What the state file says about a server. */
export interface StateOfServer {
  readonly port: string;
  readonly isStopped: boolean;
  readonly usesTls: boolean;
}

/** A listener with one server, `shard`, and where it is in haproxy.cfg for errors. */
export interface SingleServerListener {
  readonly name: string;
  readonly bind: string;
  readonly line: number;
  readonly where: string;
  readonly lines: readonly Line[];
  /** The address of the server in haproxy.cfg. */
  readonly address: string;
  /** What its line has after the address. */
  readonly settings: readonly string[];
  readonly state?: StateOfServer;
  /** `host:port` of the server, with the port of the state file. */
  readonly server: string;
}

/** Every listener of a bridge with one server for each shard. Throws if one has another server, no address, or that of another one. */
export function singleServerListeners({ cfg, stopped, cfgName }: BridgeFiles): SingleServerListener[] {
  const states = statesOf(stopped);
  const binds = new Set<string>();
  return sectionsOf(cfg, 'listen').map(([header, ...lines]) => {
    const name = header.words[1];
    const bind = valueOf(lines, 'bind');
    const where = `${cfgName}:${header.line}: listener ${name}`;
    if (bind === undefined || binds.has(bind))
      throw new Error(`${where} must have one bind line, with an address that no other listener has`);
    binds.add(bind);
    const [server, ...more] = lines.filter(({ words }) => words[0] === 'server');
    if (more.length > 0 || server.words[1] !== 'shard') throw new Error(`${where} must have one server "shard"`);
    const [, , address, ...settings] = server.words;
    const state = states.get(`${name} shard`);
    const colon = address.lastIndexOf(':');
    const at = `${address.slice(0, colon)}:${state?.port ?? address.slice(colon + 1)}`;
    return { name, bind, line: header.line, where, lines, address, settings, state, server: at };
  });
}

/** The states by `proxy server`. HAProxy takes the ports from this file, not from haproxy.cfg. */
export function statesOf(stopped: string): Map<string, StateOfServer> {
  const states = stopped.split('\n').map((line) => line.split(' '));
  // If there are two lines for a server, HAProxy uses the first.
  return new Map(
    states
      .reverse()
      .map((fields) => [
        `${fields[1]} ${fields[3]}`,
        { port: fields[18], isStopped: fields[5] === '0', usesTls: fields[20] === '1' },
      ]),
  );
}
