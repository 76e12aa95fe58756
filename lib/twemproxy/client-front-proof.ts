// The routes of clients with TLS, read back from clients.cfg.

import { type ClientTls } from '../tls/tls-options';
import { bindSettings } from './client-front';
import { type Line, sectionsOf } from './haproxy-file';

/**
 * What is wrong with clients.cfg and the pools: a port for clients without TLS, or one that does not route to nutcracker.
 *
 * @param listens where nutcracker listens, for each pool; during a change of the ring, where the front of the rings does
 */
export function clientProblems(cfg: string, cfgName: string, tls: ClientTls, listens: readonly string[]): string[] {
  const named = (kind: string, name: string): Line[] =>
    sectionsOf(cfg, kind).find(([{ words }]) => words[1] === name) ?? [];
  const extra = sectionsOf(cfg, 'listen').map(
    ([{ words, line }]) => `${cfgName}:${line}: ${words.join(' ')} is not known`,
  );
  const fronts = sectionsOf(cfg, 'frontend').filter(([{ words }]) => words[1].startsWith('clients-'));
  const count =
    fronts.length === listens.length ? [] : [`${cfgName} must have one frontend for each of ${listens.length} pools`];
  const wrong = listens.flatMap((listen, n) => {
    const name = `clients-${n}`;
    const frontend = named('frontend', name);
    const binds = frontend.filter(({ words }) => words[0] === 'bind');
    const routes = frontend.filter(({ text }) => /^(use_backend|default_backend)/.test(text)).map(({ text }) => text);
    const servers = named('backend', name).filter(({ words }) => words[0] === 'server');
    const port = listen.slice(listen.lastIndexOf(':') + 1);
    return [
      ...(binds.length === 1 && binds[0].words.slice(2).join(' ') === bindSettings(tls)
        ? []
        : [`${cfgName}: frontend ${name} must have one bind line, with the settings "${bindSettings(tls)}"`]),
      ...(routes.join('\n') === `default_backend ${name}`
        ? []
        : [`${cfgName}: frontend ${name} must route to backend ${name} only`]),
      ...(servers.length === 1 && servers[0].words[2] === `127.0.0.1:${port}`
        ? []
        : [`${cfgName}: backend ${name} must have one server, 127.0.0.1:${port}, where nutcracker listens`]),
    ];
  });
  const plain = tls.plainPorts === true ? [] : listens.filter((listen) => !listen.startsWith('127.0.0.1:'));
  const open = plain.map((listen) => `without plainPorts, clients must not reach a pool without TLS, at ${listen}`);
  return [...extra, ...count, ...wrong, ...open];
}
