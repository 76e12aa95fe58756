// The routes of a LoginBridge, read back from its synthesized files, and those of clients to two nutcrackers.

import {
  type BridgeFiles,
  type BridgeListener,
  type Line,
  refusePlainChecks,
  refuseServices,
  sectionsOf,
  singleServerListeners,
  type StateOfServer,
  statesOf,
} from './haproxy-file';
import { CLIENT_RULES, RING_RULES } from './ring-front';
import { LOGIN_RULES } from './ring-login';
import { tlsSettings } from './shard-bridge-config';

/** How HAProxy asks the frontend that compares the rings. */
const ASKS_ITSELF = /^tcp-check connect addr abns@rings-\d+$/;

/** As whom nutcracker connects, and whether the shards have TLS. */
export interface LoginOfProof {
  /** Whether the bridge logs in for it; otherwise nutcracker does, as the default user, which only needs a bridge with TLS. */
  readonly login: boolean;
  readonly tls: boolean;
}

/**
 * The listeners for a nutcracker, by address. Throws if it could reach a server through one without logging in as the user of its ring, or
 * if a server with TLS, or a check of one, is reached without, or without a proof that it is this shard.
 */
export function readLoginBridge(files: BridgeFiles, { login, tls }: LoginOfProof): Map<string, BridgeListener> {
  refuseServices(files);
  if (tls) checkTls(files);
  const listeners = new Map<string, BridgeListener>();
  for (const { name, bind, line, where, lines, server, address, settings, state } of singleServerListeners(files)) {
    const isDirect = /^direct-\d+$/.test(name);
    const wantedRules = isDirect ? [] : LOGIN_RULES;
    const rules = lines.map(({ text }) => text).filter((text) => text.startsWith('tcp-'));
    if (rules.join('\n') !== wantedRules.join('\n'))
      throw new Error(`${where} must have the rules ${wantedRules.join(', ') || 'of none'}, and no others`);
    if (tls) checkServer(where, address, settings, state);
    if (isDirect !== login) listeners.set(bind, { name, bind, servers: [server], line });
  }
  return listeners;
}

/** The servers that are asked which ring serves get the password as well. */
function checkTls(files: BridgeFiles): void {
  refusePlainChecks(files, ASKS_ITSELF);
  const states = statesOf(files.stopped);
  for (const [header, ...lines] of sectionsOf(files.cfg, 'backend')) {
    const name = header.words[1];
    if (!name.startsWith('ring-')) continue;
    for (const { words, line } of lines.filter((it) => it.words[0] === 'server')) {
      const [, server, address, ...settings] = words;
      checkServer(`${files.cfgName}:${line}: backend ${name}`, address, settings, states.get(`${name} ${server}`));
    }
  }
}

function checkServer(where: string, address: string, settings: readonly string[], state?: StateOfServer): void {
  const wanted = tlsSettings(address);
  if (settings.join(' ').replace(/^resolvers cluster ?/, '') !== wanted)
    throw new Error(`${where} must have a server with the settings "${wanted}", and no others`);
  if (state?.usesTls === false)
    throw new Error(`${where}: stopped-servers must turn TLS of its server on (srv_use_ssl)`);
}

/** Where clients connect during a change of the ring; undefined without one. */
export function listenOfFront(cfg: string): string | undefined {
  const front = sectionsOf(cfg, 'frontend').find(([{ words }]) => words[1] === 'clients');
  return front?.find(({ words }) => words[0] === 'bind')?.words[1];
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
