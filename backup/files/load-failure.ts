// Why a server could not load the files of an old server, with the remedy, from its log.

import { type OldData } from './old-data';

/** 128 + 9: by the kernel, if the container has too little memory. */
const KILLED = 137;

/** The first release that writes each version of RDB files. */
const WRITERS: Readonly<Record<string, string | undefined>> = { 9: '5.0', 10: '7.0', 11: '7.2', 12: '7.4' };

/** What redis-server logs, and the remedy; `log` is its whole log. */
const RULES: readonly (readonly [RegExp, (name: string, log: string) => string])[] = [
  [/Can't handle RDB format version/, (_, log) => newerRedis(log)],
  [
    /Unexpected end of file reading the append only file|Revert incomplete MULTI/,
    (name) =>
      `its end is torn, as after a crash: redis-check-aof ${name} shows where, and with --fix, on a copy, it removes what follows; those writes are lost`,
  ],
  [
    /Bad file format reading the append only file/,
    (name) =>
      `it is damaged: redis-check-aof ${name} shows where; copy it again, or remove the rest with --fix, on a copy, which loses those writes`,
  ],
  [
    /Unknown command/,
    () =>
      'it has a command that the old server had renamed, or one of a module or a newer Redis: put the redis.conf of the server beside it',
  ],
  [
    /module/i,
    () =>
      'it has data of a module, which the shards do not have; delete those keys on the old server, and copy the file again',
  ],
  [
    /[Ss]hort read|RDB ERROR|Wrong signature|CRC|Internal error in RDB|Fatal error loading/,
    (name) => `it is damaged, or no RDB file: redis-check-rdb ${name} shows where; copy it again`,
  ],
];

/** Lines at the start of every server, and what follows from the first error. */
const NOISE =
  /WARNING|Redis is starting|just started|Configuration loaded|Server initialized|Fatal error loading the DB: Invalid/;

/** Lines with errors of redis-server, and of redis-check-rdb, which it runs by itself. */
export function errorsIn(log: string): string[] {
  return log
    .split('\n')
    .filter(
      (line) =>
        (/^\d+:[A-Z] .* # /.test(line) && !NOISE.test(line)) || /^\[(offset \d+|additional info)\]|^---/.test(line),
    )
    .map((line) => line.replace(/^\d+:[A-Z] \d+ \w+ \d+ [\d:.]+ # /, ''))
    .filter((line) => !/Checking RDB file|Selecting DB ID|AUX FIELD/.test(line));
}

export function failureText({ name }: Pick<OldData, 'name'>, code: number, log: string): string {
  if (code === KILLED) {
    return `${name}: the server that loads it was killed, probably since it needs more memory; set memory of importFrom`;
  }
  const errors = errorsIn(log);
  const text = errors.length > 0 ? errors.join(' | ') : (log.trim().split('\n').at(-1) ?? '');
  const [, remedyOf] = RULES.find(([pattern]) => pattern.test(text)) ?? [];
  const remedy = remedyOf === undefined ? '' : `: ${remedyOf(name, log)}`;
  return `${name} cannot be loaded${remedy}. redis-server says: ${text || `exit code ${code}`}`;
}

/** The version that can read the file, and the one that cannot. */
function newerRedis(log: string): string {
  const [, version = ''] = /RDB format version (\d+)/.exec(log) ?? [];
  const [, own = 'an older one'] = /Redis version=([\d.]+)/.exec(log) ?? [];
  const writer = WRITERS[version];
  const needed = writer === undefined ? 'a newer release' : `Redis ${writer} or later`;
  return `it has version ${version} of the RDB format, of ${needed}, and the import runs ${own}: set redisImage of importFrom, and the image of the shards, to ${needed}`;
}
