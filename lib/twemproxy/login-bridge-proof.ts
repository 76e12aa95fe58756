// The routes of a LoginBridge, read back from its synthesized files, and those of clients to two nutcrackers.

import {
  type BridgeFiles,
  type BridgeListener,
  type Line,
  refuseServices,
  sectionsOf,
  statesOf,
  valueOf,
} from './haproxy-file';
import { CLIENT_RULES, RING_RULES } from './ring-front';
import { LOGIN_RULES } from './ring-login';

/** The listeners, by address. Throws if nutcracker could reach a server through one without logging in as the user of its ring. */
export function readLoginBridge(files: BridgeFiles): Map<string, BridgeListener> {
  const { cfg, stopped, cfgName } = files;
  refuseServices(files);
  const states = statesOf(stopped);
  const listeners = new Map<string, BridgeListener>();
  for (const [header, ...lines] of sectionsOf(cfg, 'listen')) {
    const name = header.words[1];
    const bind = valueOf(lines, 'bind');
    const where = `${cfgName}:${header.line}: listener ${name}`;
    if (bind === undefined || listeners.has(bind))
      throw new Error(`${where} must have one bind line, with an address that no other listener has`);
    const rules = lines.map(({ text }) => text).filter((text) => text.startsWith('tcp-'));
    if (rules.join('\n') !== LOGIN_RULES.join('\n'))
      throw new Error(`${where} must have the rules ${LOGIN_RULES.join(', ')}, and no others`);
    const [server, ...more] = lines.filter(({ words }) => words[0] === 'server');
    if (more.length > 0 || server.words[1] !== 'shard') throw new Error(`${where} must have one server "shard"`);
    const [, , address] = server.words;
    const colon = address.lastIndexOf(':');
    const port = states.get(`${name} shard`)?.port ?? address.slice(colon + 1);
    listeners.set(bind, { name, bind, servers: [`${address.slice(0, colon)}:${port}`], line: header.line });
  }
  return listeners;
}

/** Refuses routes of clients other than to the nutcracker of the ring that serves. @param listens where the nutcrackers listen */
export function frontProblems({ cfg, cfgName }: BridgeFiles, listens: readonly [string, string]): string[] {
  const section = (kind: string, name: string): Line[] =>
    sectionsOf(cfg, kind).find(([{ words }]) => words[1] === name) ?? [];
  const rulesOf = (name: string): string =>
    section('frontend', name)
      .map(({ text }) => text)
      .filter((text) => /^(use_backend|default_backend|http-request)/.test(text))
      .join('\n');
  const wrong = [['clients', CLIENT_RULES] as const, ['rings', RING_RULES] as const].flatMap(([name, rules]) =>
    rulesOf(name) === rules.join('\n') ? [] : [`${cfgName}: frontend ${name} must have the rules ${rules.join(', ')}`],
  );
  const misrouted = ['a', 'b'].flatMap((name, n) => {
    const servers = section('backend', name).filter(({ words }) => words[0] === 'server');
    const port = listens[n].slice(listens[n].lastIndexOf(':') + 1);
    if (servers.length === 1 && servers[0].words[2] === `127.0.0.1:${port}`) return [];
    return [
      `${cfgName}: backend ${name} must have one server, 127.0.0.1:${port}, where the nutcracker of ring ${name} listens`,
    ];
  });
  return [...wrong, ...misrouted];
}
