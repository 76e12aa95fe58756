// The routes of a LoginBridge, read back from its synthesized files, and those of clients to two nutcrackers.

import {
  type BridgeFiles,
  type BridgeListener,
  type Line,
  refuseServices,
  sectionsOf,
  singleServerListeners,
} from './haproxy-file';
import { CLIENT_RULES, RING_RULES } from './ring-front';
import { LOGIN_RULES } from './ring-login';

/** The listeners, by address. Throws if nutcracker could reach a server through one without logging in as the user of its ring. */
export function readLoginBridge(files: BridgeFiles): Map<string, BridgeListener> {
  refuseServices(files);
  const listeners = new Map<string, BridgeListener>();
  for (const { name, bind, line, where, lines, server } of singleServerListeners(files)) {
    const rules = lines.map(({ text }) => text).filter((text) => text.startsWith('tcp-'));
    if (rules.join('\n') !== LOGIN_RULES.join('\n'))
      throw new Error(`${where} must have the rules ${LOGIN_RULES.join(', ')}, and no others`);
    listeners.set(bind, { name, bind, servers: [server], line });
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
