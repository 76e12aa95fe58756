// The routes of a failover bridge, read back from its synthesized files: each listener, and whatever confirms its servers.

import { RING_USERS, type RingUser } from '../reshard/reshard-plan';
import { TLS_CHECKS, TLS_SERVERS } from './bridge-config';
import {
  confirmationRules,
  connection,
  leasePattern,
  portsOf,
  roleQuestion,
  voteExpected,
  waitOf,
} from './failover-bridge-config';
import { sniOfChecks, sniOfClients } from './failover-bridge-listeners';
import {
  type BridgeFiles,
  type BridgeListener,
  type Line,
  refuseServices,
  sectionsOf,
  statesOf,
  valueOf,
} from './haproxy-file';
import { NO_TLS, NUTCRACKERS } from './ring-front';
import { LOGIN_RULES, RING_QUESTION } from './ring-login';

/** The names of listeners of the second of two users. */
const OF_SECOND_USER = new RegExp(`^(?:${RING_USERS.join('|')})-(?=shard-)`);

/** The servers that tell which ring serves. */
const ASKED = /^ring-[ab]$/;

/** The nutcrackers of a proxy that knows two rings, which have no TLS. */
const OF_NUTCRACKERS = 'nutcrackers';

/** Whatever the interval is: a server that is down waits in it for a change of its role. */
const ROLE_QUESTION = roleQuestion(waitOf('MILLISECONDS'));

/**
 * The listeners for the nutcracker that logs in as a user, by address. Throws if anything that decides about the clients of a server is not
 * as expected, also of the listeners for another user.
 */
export function readFailoverBridge(
  files: BridgeFiles,
  { sentinels, tls = false, otherPorts }: ProvenServers,
  user: RingUser = RING_USERS[0],
): Map<string, BridgeListener> {
  refuseServices(files);
  const listeners = new Map<string, BridgeListener>();
  const binds = new Set<string>();
  const cfg: FailoverFile = new FailoverFile(files, tls);
  cfg.checkTls();
  cfg.checkRings();
  const socket = cfg.confirmations(confirmationRules(sentinels.length));
  for (const [header, ...lines] of sectionsOf(files.cfg, 'listen')) {
    const name = header.words[1].replace(OF_SECOND_USER, '');
    const bind = valueOf(lines, 'bind');
    if (bind === undefined || binds.has(bind))
      cfg.fail(header, 'must have one bind line, with an address that no other listener has');
    binds.add(bind);
    const login = cfg.userOf(header, lines);
    const servers = cfg.serversIn([header, ...lines]);
    if (servers.map((server) => `${server.name} ${server.track}`).join() !== `a ${name}-a/a,b ${name}-b/b`)
      cfg.fail(header, `must have a server "a" that tracks ${name}-a/a, and a server "b" that tracks ${name}-b/b`);
    cfg.expectNames(header, servers, sniOfClients);
    cfg.inherits(header, ['balance first', 'default-server on-marked-down shutdown-sessions']);
    const [a, b] = servers.map(({ address }) => address);
    const shard = { a, b, otherPortOfA: otherPorts?.[0], otherPortOfB: otherPorts?.[1] };
    for (const [side, address, partner, at] of [
      ['a', a, 'b', b],
      ['b', b, 'a', a],
    ] as const) {
      const own = `${name}-${side}`;
      cfg.expect(
        own,
        [[side, address]],
        [
          connection({ tls }),
          ROLE_QUESTION,
          `tcp-check connect addr ${socket}`,
          'tcp-check expect string "200 OK"',
          'tcp-check expect string role:master',
        ],
      );
      cfg.expect(
        `${own}-lease`,
        [[partner, at]],
        [connection({ tls }), ROLE_QUESTION, `tcp-check expect rstring "${leasePattern(portsOf(shard, side))}"`],
      );
      cfg.expect(
        `${own}-votes`,
        sentinels.map((sentinel, i) => [`s${i}`, sentinel]),
        [connection({ tls }), voteExpected(portsOf(shard, side))],
      );
    }
    if (login === user) listeners.set(bind, { name: header.words[1], bind, servers: [a, b], line: header.line });
  }
  return listeners;
}

/** What the bridge of a fleet must connect to. */
export interface ProvenServers {
  /** `host:port`. */
  readonly sentinels: readonly string[];
  /** Whether it must connect to all servers by TLS. */
  readonly tls?: boolean;
  /** The other ports of all servers a and of all servers b. */
  readonly otherPorts?: readonly number[];
}

interface Server {
  readonly name: string;
  readonly address: string;
  readonly track?: string;
  /** What its line has besides. */
  readonly settings: string;
}

class FailoverFile {
  private readonly backends: Map<string, Line[]>;
  private readonly defaults: Map<string, Line[]>;
  private readonly states: ReturnType<typeof statesOf>;

  constructor(
    private readonly files: BridgeFiles,
    private readonly tls: boolean,
  ) {
    const byName = (kind: string): Map<string, Line[]> =>
      new Map(sectionsOf(files.cfg, kind).map((section) => [section[0].words[1], section]));
    this.backends = byName('backend');
    this.defaults = byName('defaults');
    this.states = statesOf(files.stopped);
  }

  /**
   * With TLS, every section has its settings from `base`, and nothing may weaken them: a check with a connection of its own has no TLS, except
   * to the frontend that confirms servers.
   */
  checkTls(): void {
    const { cfg, cfgName } = this.files;
    const [header] = this.defaults.get('base') ?? [];
    if (this.tls) this.inherits({ ...header, words: ['defaults', 'base', 'from', 'base'] }, [TLS_SERVERS]);
    const ofNutcrackers = (this.defaults.get(OF_NUTCRACKERS) ?? []).find(
      ({ text }) => text === `${NUTCRACKERS}${NO_TLS}`,
    );
    const odd = cfg.split('\n').findIndex((indented, i) => {
      const text = indented.trim();
      if (!this.tls) return /\bssl\b/.test(text) && !text.startsWith('#');
      if (/^tcp-check\s+connect/.test(text)) return !/^tcp-check connect (default|addr abns@\S+)$/.test(text);
      if (!/^default-server\b/.test(text) || !/ssl|verify|ca-file|sni|check-/.test(text)) return false;
      return text !== TLS_SERVERS && text !== TLS_CHECKS && i + 1 !== ofNutcrackers?.line;
    });
    if (odd >= 0)
      throw new Error(
        `${cfgName}:${odd + 1}: "${cfg.split('\n')[odd].trim()}" must not change how servers are reached ${this.tls ? 'by TLS' : 'without TLS'}`,
      );
  }

  /** Refuses servers that tell which ring serves, and get the password, if they are asked in another way. */
  checkRings(): void {
    for (const [name, section] of this.backends) {
      if (!ASKED.test(name)) continue;
      this.expectNames(section[0], this.serversIn(section), sniOfChecks);
      this.inherits(section[0], RING_QUESTION);
    }
  }

  /** As which user nutcracker logs in through a listener: the default one, unless the rules of the other one are complete. */
  userOf(header: Line, lines: Line[]): RingUser {
    const rules = lines.map(({ text }) => text).filter((text) => text.startsWith('tcp-'));
    if (rules.length === 0) return RING_USERS[0];
    if (rules.join('\n') === LOGIN_RULES.join('\n')) return RING_USERS[1];
    return this.fail(header, `must have no rules, or the rules ${LOGIN_RULES.join(', ')}`);
  }

  /** The socket of the frontend that confirms servers; refuses one with other rules. */
  confirmations(rules: readonly string[]): string {
    const section = sectionsOf(this.files.cfg, 'frontend').find(([{ words }]) => words[1] === 'confirmations') ?? [];
    const found = section.filter(({ words }) => words[0] === 'http-request').map(({ text }) => text);
    const bind = valueOf(section, 'bind');
    if (bind !== undefined && found.join('\n') === rules.join('\n')) return bind;
    throw new Error(
      `${this.files.cfgName}: frontend confirmations must have one bind line, and the rules ${rules.join(', ')}`,
    );
  }

  /** Refuses a backend with other servers, or with other checks. */
  expect(name: string, servers: readonly (readonly [string, string])[], settings: readonly string[]): void {
    const section = this.backends.get(name);
    if (!section) throw new Error(`${this.files.cfgName}: there is no backend ${name}`);
    const [header] = section;
    const listed = (each: readonly (readonly [string, string])[]): string =>
      each.map(([server, address]) => `${server} at ${address}`).join(', ');
    const inSection = this.serversIn(section);
    const found = listed(inSection.map((server) => [server.name, server.address]));
    if (found !== listed(servers)) this.fail(header, `checks ${found || 'nothing'}; it must check ${listed(servers)}`);
    this.expectNames(header, inSection, sniOfChecks);
    this.inherits(header, settings);
  }

  /** Refuses a section whose defaults lack a setting. */
  inherits(header: Line, settings: readonly string[]): void {
    const name = header.words[3] ?? 'nothing';
    const lines = this.defaults.get(name) ?? [];
    if (this.tls && name === OF_NUTCRACKERS) this.fail(header, `must not take its settings from ${name}`);
    if (this.tls && name !== 'base' && lines.at(0)?.words.slice(2).join(' ') !== 'from base')
      this.fail(header, `takes its settings from ${name}, which must take its own from base`);
    const texts = lines.map(({ text }) => text);
    const known = texts.map((text) => text.replace(/(?<=,bool,iif\(1,)[1-9]\d*(?=\))/, 'MILLISECONDS'));
    const missing = settings.find((setting) => !known.includes(setting));
    if (missing !== undefined) this.fail(header, `takes its settings from ${name}, which must have: ${missing}`);
  }

  /** The servers of a section, with the ports that HAProxy uses. Each must start stopped. */
  serversIn([header, ...lines]: Line[]): Server[] {
    return lines.flatMap((line) => {
      const [keyword, name, address] = line.words;
      if (keyword !== 'server') return [];
      const state = this.states.get(`${header.words[1]} ${name}`);
      if (!state?.isStopped) this.fail(header, `has a server ${name} that stopped-servers does not stop`);
      if (state.usesTls !== this.tls)
        this.fail(header, `has a server ${name} of which stopped-servers must turn TLS ${this.tls ? 'on' : 'off'}`);
      const host = address.slice(0, address.lastIndexOf(':'));
      const track = line.words.includes('track') ? line.words[line.words.indexOf('track') + 1] : undefined;
      const settings = line.words
        .slice(3)
        .join(' ')
        .replace(/^resolvers cluster ?/, '');
      return [{ name, address: `${host}:${state.port}`, track, settings: settings.replace(/ ?track \S+$/, '') }];
    });
  }

  /** Refuses servers with other settings than the name in their certificate, which they have only with TLS. */
  expectNames(header: Line, servers: readonly Server[], sniOf: (address: string) => string): void {
    for (const { name, address, settings } of servers) {
      const wanted = this.tls ? sniOf(address).trim() : '';
      if (settings !== wanted)
        this.fail(header, `must have a server ${name} with the settings "${wanted}", and no others`);
    }
  }

  fail({ words: [kind, name], line }: Line, problem: string): never {
    throw new Error(`${this.files.cfgName}:${line}: ${kind === 'listen' ? 'listener' : kind} ${name} ${problem}`);
  }
}
