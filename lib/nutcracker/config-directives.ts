// The directives of a pool in nutcracker.yml, in the order of the written file, and the parser of each value
// (conf_commands and the conf_set_* functions of nutcracker's src/nc_conf.c).

import { Distribution, HashType } from './algorithms';
import { refuse } from './config-error';
import { checkText, isHost, isPort, MAX_NUMBER, quote, readDigits, says, wrapsRound } from './config-values';
import { type NutcrackerPoolProps } from './nutcracker-pool-props';

/** The longest path of a Unix socket in bytes, without the terminating NUL (sun_path of unix(7)). */
const MAX_SOCKET_PATH = 107;

const MAX_PERMISSIONS = 0o777;

/** The value of a directive other than `servers`. */
export type Setting = string | number | boolean;

/** A line of a pool, `key: value`. */
export interface Directive {
  /** The name in the file. */
  readonly key: string;
  /** The name in NutcrackerPoolProps. */
  readonly prop: Exclude<keyof NutcrackerPoolProps, 'name' | 'servers'>;
  /** Parses the value; throws NutcrackerConfigError. */
  readonly read: (text: string) => Setting;
}

/** Every directive except `servers`, which comes last in a pool and holds a list. */
export const DIRECTIVES: readonly Directive[] = [
  { key: 'listen', prop: 'listen', read: readListen },
  { key: 'hash', prop: 'hash', read: word('hash', Object.values(HashType)) },
  { key: 'hash_tag', prop: 'hashTag', read: readHashTag },
  { key: 'distribution', prop: 'distribution', read: word('distribution', Object.values(Distribution)) },
  { key: 'timeout', prop: 'timeout', read: number('timeout') },
  { key: 'backlog', prop: 'backlog', read: number('backlog') },
  { key: 'client_connections', prop: 'clientConnections', read: number('client_connections') },
  { key: 'redis', prop: 'redis', read: boolean('redis') },
  { key: 'tcpkeepalive', prop: 'tcpkeepalive', read: boolean('tcpkeepalive') },
  { key: 'redis_auth', prop: 'redisAuth', read: (text) => checkText('redis_auth', text) },
  { key: 'redis_db', prop: 'redisDb', read: number('redis_db') },
  { key: 'preconnect', prop: 'preconnect', read: boolean('preconnect') },
  { key: 'auto_eject_hosts', prop: 'autoEjectHosts', read: boolean('auto_eject_hosts') },
  { key: 'server_connections', prop: 'serverConnections', read: readServerConnections },
  { key: 'server_retry_timeout', prop: 'serverRetryTimeout', read: number('server_retry_timeout') },
  { key: 'server_failure_limit', prop: 'serverFailureLimit', read: number('server_failure_limit') },
];

function number(key: string): (text: string) => number {
  return (text) => {
    const value = readDigits(text);
    if (value !== undefined) return value;
    if (wrapsRound(text)) {
      const because = `${text} is more than ${MAX_NUMBER}, and nutcracker would store a different number`;
      return refuse({ subject: key, because, remedy: `write a number up to ${MAX_NUMBER}` });
    }
    return refuse({
      subject: key,
      because: `${quote(text)} is not a number`,
      says: says(key, 'is not a number'),
      remedy: 'write digits only: no sign, no unit, no fraction',
    });
  };
}

function boolean(key: string): (text: string) => boolean {
  return (text) => {
    if (text === 'true' || text === 'false') return text === 'true';
    return refuse({
      subject: key,
      because: `${quote(text)} is neither true nor false`,
      says: says(key, 'is not "true" or "false"'),
      remedy: 'write true or false, in lower case',
    });
  };
}

function word(key: string, words: readonly string[]): (text: string) => string {
  return (text) => {
    if (words.includes(text)) return text;
    return refuse({
      subject: key,
      because: `there is no ${key} ${quote(text)}`,
      says: says(key, `is not a valid ${key}`),
      remedy: `write one of ${words.join(', ')}`,
    });
  };
}

function readServerConnections(text: string): number {
  const connections = number('server_connections')(text);
  if (connections > 0) return connections;
  return refuse({
    subject: 'server_connections',
    because: 'without a connection no command can reach a server',
    says: 'conf: directive "server_connections:" cannot be 0',
    remedy: 'write 1',
  });
}

function readHashTag(text: string): string {
  if (/^\p{ASCII}{2}$/u.test(text)) return checkText('hash_tag', text);
  return refuse({
    subject: 'hash_tag',
    because: `${quote(text)} is not two ASCII characters`,
    says:
      Buffer.byteLength(text) === 2
        ? undefined
        : says('hash_tag', 'is not a valid hash tag string with two characters'),
    remedy: 'write the opening and the closing character, as in "{}"',
  });
}

function readListen(text: string): string {
  checkText('listen', text);
  return text.startsWith('/') ? readListenSocket(text) : readListenAddress(text);
}

function readListenAddress(text: string): string {
  const refuseIt = (because: string, what?: string): never =>
    refuse({
      subject: 'listen',
      because: `${quote(text)} ${because}`,
      says: what === undefined ? undefined : says('listen', what),
      remedy: 'write host:port, as in 0.0.0.0:22121',
    });

  const colon = text.lastIndexOf(':');
  const [host, port] = [text.slice(0, colon), text.slice(colon + 1)];
  if (colon < 0) return refuseIt('has no port', 'has an invalid "hostname:port" format string');
  const what = wrapsRound(port) ? undefined : 'has an invalid port in "hostname:port" format string';
  if (!isPort(port)) return refuseIt('has no port from 1 to 65535', what);
  return isHost(host) ? text : refuseIt('has no host, or its host contains a blank', 'has an invalid value');
}

function readListenSocket(text: string): string {
  const space = text.lastIndexOf(' ');
  const path = space < 0 ? text : text.slice(0, space);
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    refuse({
      subject: 'listen',
      because: `the path ${quote(path)} is longer than ${MAX_SOCKET_PATH} bytes`,
      says: says('listen', 'has an invalid value'),
      remedy: 'use a shorter one',
    });
  }
  if (space >= 0) checkPermissions(text.slice(space + 1));
  return text;
}

/** nutcracker parses permissions with strtol() and ignores the rest, such as the rest of a path. */
function checkPermissions(text: string): void {
  const permissions = parseInt(text, 8);
  const refused = permissions < 0 || permissions > MAX_PERMISSIONS;
  if (!refused && /^[0-7]+$/.test(text)) return;
  const what = 'has an invalid file permission in "socket_path permission" format string';
  refuse({
    subject: 'listen',
    because: `${quote(text)} after the last space of the path is not octal permissions up to 777`,
    says: refused ? says('listen', what) : undefined,
    remedy: 'write them as in "/run/nutcracker.sock 660"',
  });
}
